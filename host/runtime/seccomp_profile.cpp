#include "host/runtime/seccomp_profile.h"

#include <algorithm>

#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

struct Machine {
    std::string_view uname;
    std::string_view go_name;
    std::string_view seccomp_name;
};

constexpr Machine kMachines[] = {
    {"x86_64", "amd64", "SCMP_ARCH_X86_64"},
    {"aarch64", "arm64", "SCMP_ARCH_AARCH64"},
};

Machine find_machine(std::string_view uname) {
    const auto* const found =
        std::find_if(std::begin(kMachines), std::end(kMachines),
                     [&](const Machine& machine) { return machine.uname == uname; });
    return found != std::end(kMachines) ? *found : Machine{uname, uname, ""};
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool applies(const SeccompRule& rule, const CapabilityNames& capabilities, const Machine& machine) {
    const auto held = [&](const std::string& name) { return contains(capabilities, name); };
    if (contains(rule.exclude_machines, machine.go_name)) return false;
    if (std::any_of(rule.exclude_capabilities.begin(), rule.exclude_capabilities.end(), held))
        return false;
    if (!rule.include_machines.empty() && !contains(rule.include_machines, machine.go_name))
        return false;
    return std::all_of(rule.include_capabilities.begin(), rule.include_capabilities.end(), held);
}

void add_rule(const SeccompRule& rule, oci::v1::Seccomp& seccomp) {
    auto& added = *seccomp.add_syscalls();
    added.set_names(rule.names);
    added.set_action(rule.action);
    if (rule.errno_ret) added.set_errno_ret(*rule.errno_ret);
    for (const SeccompArgument& argument : rule.args) {
        auto& added_argument = *added.add_args();
        added_argument.set_index(argument.index);
        added_argument.set_value(argument.value);
        added_argument.set_value_two(argument.value_two);
        added_argument.set_op(argument.op);
    }
}

void add_architectures(const SeccompProfile& profile, const Machine& machine,
                       oci::v1::Seccomp& seccomp) {
    for (const std::string& name : profile.architectures) seccomp.add_architectures(name);
    for (const SeccompArchitecture& architecture : profile.architecture_map) {
        if (architecture.name != machine.seccomp_name) continue;
        seccomp.add_architectures(architecture.name);
        for (const std::string& sub : architecture.sub_architectures)
            seccomp.add_architectures(sub);
    }
}

}  // namespace

oci::v1::Seccomp resolve_seccomp(const SeccompProfile& profile, const CapabilityNames& capabilities,
                                 std::string_view machine_name) {
    const Machine machine = find_machine(machine_name);
    oci::v1::Seccomp seccomp;
    seccomp.set_default_action(profile.default_action);
    if (profile.default_errno_ret) seccomp.set_default_errno_ret(*profile.default_errno_ret);
    add_architectures(profile, machine, seccomp);
    seccomp.mutable_flags()->Assign(profile.flags.begin(), profile.flags.end());
    for (const SeccompRule& rule : profile.rules) {
        if (applies(rule, capabilities, machine)) add_rule(rule, seccomp);
    }
    return seccomp;
}

}  // namespace bulkhead::runtime
