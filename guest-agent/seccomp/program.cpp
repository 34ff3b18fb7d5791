#include "guest-agent/seccomp/program.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "base/syscalls.h"
#include "base/text.h"
#include "guest-agent/seccomp/names.h"
#include "guest-agent/seccomp/newer_calls.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

struct ReleaseFilter {
    void operator()(void* filter) const { seccomp_release(filter); }
};

using Filter = std::unique_ptr<void, ReleaseFilter>;

Result<std::uint32_t> action_of(const std::string& name,
                                std::optional<std::uint32_t> errno_return) {
    const auto action = seccomp_action(name, errno_return.value_or(EPERM));
    if (!action) return Error(concat("seccomp: unknown action \"", name, "\""));
    return *action;
}

template <class Message>
std::optional<std::uint32_t> errno_of(const Message& rule) {
    return rule.has_errno_ret() ? std::optional(rule.errno_ret()) : std::nullopt;
}

Result<std::vector<scmp_arg_cmp>> conditions_of(const oci::v1::SeccompRule& rule) {
    std::vector<scmp_arg_cmp> conditions;
    for (const auto& argument : rule.args()) {
        const auto comparison = seccomp_comparison(argument.op());
        constexpr std::uint32_t kLastArgument = 5;
        if (!comparison || argument.index() > kLastArgument) {
            return Error(concat("seccomp: bad condition \"", argument.op(), "\" on argument ",
                                argument.index()));
        }
        conditions.push_back({.arg = argument.index(),
                              .op = *comparison,
                              .datum_a = argument.value(),
                              .datum_b = argument.value_two()});
    }
    return conditions;
}

// libseccomp joins the conditions of one rule with "and" and allows one for each argument. As in
// runc, a rule that names an argument twice means "or" between its conditions.
bool repeats_an_argument(const std::vector<scmp_arg_cmp>& conditions) {
    unsigned seen = 0;
    for (const auto& condition : conditions) {
        const unsigned bit = 1U << condition.arg;
        if ((seen & bit) != 0) return true;
        seen |= bit;
    }
    return false;
}

Result<void> add_call(scmp_filter_ctx filter, std::uint32_t action, int call,
                      std::span<const scmp_arg_cmp> conditions) {
    const int failed = seccomp_rule_add_array(
        filter, action, call, static_cast<unsigned>(conditions.size()), conditions.data());
    if (failed != 0) return errno_error(-failed, concat("seccomp: adding a rule for call ", call));
    return {};
}

// The filter while it is built.
struct Builder {
    Filter filter;
    std::uint32_t default_action = 0;
    std::vector<std::uint32_t> architectures = {seccomp_arch_native()};
    int last_call = -1;  // the highest number that a rule names
};

Result<void> add_rule(Builder& builder, const oci::v1::SeccompRule& rule) {
    const std::uint32_t action = TRY(action_of(rule.action(), errno_of(rule)));
    const auto conditions = TRY(conditions_of(rule));
    const bool any_of = repeats_an_argument(conditions);
    for (const auto& name : rule.names()) {
        const int call = seccomp_syscall_resolve_name(name.c_str());
        if (call == __NR_SCMP_ERROR) continue;
        builder.last_call = std::max(builder.last_call, call);
        if (action == builder.default_action) continue;  // libseccomp refuses what changes nothing
        if (!any_of) {
            TRY_CONTEXT(add_call(builder.filter.get(), action, call, conditions), name);
            continue;
        }
        for (const auto& condition : conditions) {
            TRY_CONTEXT(add_call(builder.filter.get(), action, call, std::span(&condition, 1)),
                        name);
        }
    }
    return {};
}

Result<void> add_architectures(Builder& builder, const oci::v1::Seccomp& profile) {
    for (const auto& name : profile.architectures()) {
        const auto architecture = seccomp_architecture(name);
        if (!architecture) return Error(concat("seccomp: unknown architecture \"", name, "\""));
        const int failed = seccomp_arch_add(builder.filter.get(), *architecture);
        if (failed == -EEXIST) continue;
        if (failed != 0) return errno_error(-failed, concat("seccomp: adding ", name));
        builder.architectures.push_back(*architecture);
    }
    return {};
}

Result<std::vector<sock_filter>> export_program(scmp_filter_ctx filter) {
    // libseccomp 2.5 exports to a descriptor only.
    UniqueFd file(::memfd_create("seccomp", MFD_CLOEXEC));
    if (!file.valid()) return errno_error("seccomp: memfd_create");
    if (const int failed = seccomp_export_bpf(filter, file.get()); failed != 0) {
        return errno_error(-failed, "seccomp: exporting the filter");
    }
    const std::uint64_t size = TRY(file_size(file.get()));
    std::vector<sock_filter> instructions(size / sizeof(sock_filter));
    TRY(pread_full(file.get(), std::as_writable_bytes(std::span(instructions)), 0));
    return instructions;
}

Result<unsigned> flags_of(const oci::v1::Seccomp& profile) {
    unsigned flags = 0;
    for (const auto& name : profile.flags()) {
        const auto flag = seccomp_flag(name);
        if (!flag) return Error(concat("seccomp: unknown flag \"", name, "\""));
        flags |= *flag;
    }
    return flags;
}

Result<Builder> build_filter(const oci::v1::Seccomp& profile) {
    Builder builder;
    builder.default_action =
        TRY(action_of(profile.default_action(), profile.has_default_errno_ret()
                                                    ? std::optional(profile.default_errno_ret())
                                                    : std::nullopt));
    builder.filter.reset(seccomp_init(builder.default_action));
    if (!builder.filter) return Error("seccomp: the filter cannot be made");
    TRY(add_architectures(builder, profile));
    // A binary tree of call numbers: a list of 400 would cost every system call.
    seccomp_attr_set(builder.filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (const auto& rule : profile.syscalls()) TRY(add_rule(builder, rule));
    return builder;
}

bool lets_calls_through(std::uint32_t action) {
    return action == SCMP_ACT_ALLOW || action == SCMP_ACT_LOG;
}

}  // namespace

Result<SeccompProgram> compile_seccomp(const oci::v1::Seccomp& profile) {
    if (profile.default_action().empty()) return SeccompProgram{};
    const Builder builder = TRY(build_filter(profile));
    SeccompProgram program;
    program.flags = TRY(flags_of(profile));
    if (!lets_calls_through(builder.default_action)) {
        program.instructions = newer_calls_prologue(builder.architectures, builder.last_call);
    }
    const auto main_part = TRY(export_program(builder.filter.get()));
    program.instructions.insert(program.instructions.end(), main_part.begin(), main_part.end());
    if (program.instructions.size() > BPF_MAXINSNS) return Error("seccomp: the filter is too long");
    return program;
}

Result<void> install_seccomp(const SeccompProgram& program) {
    if (program.instructions.empty()) return {};
    // SAFETY: the kernel copies the program; it does not write through the pointer.
    const sock_fprog filter{.len = static_cast<unsigned short>(program.instructions.size()),
                            .filter = const_cast<sock_filter*>(program.instructions.data())};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, program.flags, &filter) != 0) {
        return errno_error("seccomp: installing the filter");
    }
    return {};
}

}  // namespace bulkhead::agent
