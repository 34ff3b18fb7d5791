#include "host/runtime/strict.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "base/words.h"
#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kSettings = {{
    {"user.max_user_namespaces", "0"},
    {"kernel.io_uring_disabled", "2"},
    {"vm.unprivileged_userfaultfd", "0"},
    {"kernel.perf_event_paranoid", "3"},
    {"kernel.kptr_restrict", "2"},
    {"kernel.dmesg_restrict", "1"},
    {"net.core.bpf_jit_harden", "2"},
    {"fs.protected_symlinks", "1"},
    {"fs.protected_hardlinks", "1"},
    {"fs.protected_fifos", "2"},
    {"fs.protected_regular", "2"},
    {"fs.suid_dumpable", "0"},
    {"dev.tty.ldisc_autoload", "0"},
}};

// The default profile allows these to everybody.
constexpr std::array<std::string_view, 9> kTaken = {
    // Other processes' memory and state.
    "ptrace", "process_vm_readv", "process_vm_writev",
    // Segments of 16-bit programs, and other processes' notions of an address space.
    "modify_ldt", "personality",
    // A page that its own kernel cannot see.
    "memfd_secret",
    // Files by handle, and marks on whole file systems.
    "name_to_handle_at", "fanotify_mark",
    // AF_* that are not listed below.
    "socket"};

// AF_UNIX, AF_INET, AF_INET6, AF_NETLINK.
constexpr std::array<std::uint64_t, 4> kFamilies = {1, 2, 10, 16};

bool taken(std::string_view name) {
    return std::ranges::find(kTaken, name) != kTaken.end();
}

std::string without_taken(std::string_view names) {
    std::string left;
    for (const std::string_view name : words_of(names)) {
        if (taken(name)) continue;
        if (!left.empty()) left += ' ';
        left += name;
    }
    return left;
}

Error contradiction(std::string_view option) {
    return Error(concat("conflicting options: --security strict and ", option));
}

}  // namespace

Result<void> check_strict(const ContainerOptions& options) {
    if (!options.strict) return {};
    if (options.privileged) return contradiction("--privileged");
    if (options.seccomp_mode != SeccompMode::Default)
        return contradiction("a seccomp profile of one's own");
    if (options.no_new_privileges == false) return contradiction("no-new-privileges=false");
    if (options.uncovered_paths) return contradiction("systempaths=unconfined");
    if (options.writable_cgroups) return contradiction("writable-cgroups");
    for (const auto& [key, value] : kSettings) {
        const auto said = options.sysctls.find(std::string(key));
        if (said != options.sysctls.end() && said->second != value)
            return contradiction(concat("--sysctl ", key, "=", said->second));
    }
    return {};
}

SeccompProfile strict_seccomp_profile() {
    SeccompProfile profile = default_seccomp_profile();
    for (SeccompArchitecture& architecture : profile.architecture_map)
        architecture.sub_architectures.clear();
    std::erase_if(profile.rules,
                  [](const SeccompRule& rule) { return !rule.include_capabilities.empty(); });
    for (SeccompRule& rule : profile.rules) {
        rule.names = without_taken(rule.names);
        rule.exclude_capabilities.clear();
    }
    std::erase_if(profile.rules, [](const SeccompRule& rule) { return rule.names.empty(); });
    for (const std::uint64_t family : kFamilies) {
        SeccompRule rule;
        rule.names = "socket";
        rule.action = "SCMP_ACT_ALLOW";
        rule.args.push_back({0, family, 0, "SCMP_CMP_EQ"});
        profile.rules.push_back(std::move(rule));
    }
    return profile;
}

void add_strict_sysctls(oci::v1::Linux& linux_part) {
    for (const auto& [key, value] : kSettings)
        (*linux_part.mutable_sysctl())[std::string(key)] = std::string(value);
}

}  // namespace bulkhead::runtime
