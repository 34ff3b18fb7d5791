// Random seccomp profiles, compiled by us and by libseccomp, and both run over random system calls:
// the two always decide alike. Left out is what differs on purpose: calls newer than the profile,
// and arguments of 64 bits on the architectures of 32, which libseccomp cuts.
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <rapidcheck.h>
#include <seccomp.h>
#include <sys/mman.h>

#include <cstring>
#include <optional>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "guest-agent/seccomp/names.h"
#include "guest-agent/seccomp/program.h"
#include "proto/oci.pb.h"
#include "tests/support/seccomp_interpreter.h"

namespace bulkhead::agent {
namespace {

using Code = std::vector<sock_filter>;

scmp_compare theirs(const std::string& op) {
    const std::vector<std::pair<std::string, scmp_compare>> table = {
        {"SCMP_CMP_NE", SCMP_CMP_NE},
        {"SCMP_CMP_LT", SCMP_CMP_LT},
        {"SCMP_CMP_LE", SCMP_CMP_LE},
        {"SCMP_CMP_EQ", SCMP_CMP_EQ},
        {"SCMP_CMP_GE", SCMP_CMP_GE},
        {"SCMP_CMP_GT", SCMP_CMP_GT},
        {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}};
    for (const auto& [name, value] : table) {
        if (name == op) return value;
    }
    FAIL(op);
    return SCMP_CMP_EQ;
}

void add_theirs(scmp_filter_ctx filter, const oci::v1::SeccompRule& rule) {
    std::vector<scmp_arg_cmp> conditions;
    for (const auto& argument : rule.args()) {
        conditions.push_back(
            {argument.index(), theirs(argument.op()), argument.value(), argument.value_two()});
    }
    const auto action = *seccomp_action(rule.action(), rule.errno_ret());
    const int call = seccomp_syscall_resolve_name(rule.names().c_str());  // one, in this test
    REQUIRE(seccomp_rule_add_array(filter, action, call, static_cast<unsigned>(conditions.size()),
                                   conditions.data()) == 0);
}

Code by_libseccomp(const oci::v1::Seccomp& profile) {
    scmp_filter_ctx filter = seccomp_init(*seccomp_action(profile.default_action(), 1));
    REQUIRE(filter != nullptr);
    for (const auto& name : profile.architectures()) {
        REQUIRE(seccomp_arch_add(filter, *seccomp_architecture(name)) == 0);
    }
    for (const auto& rule : profile.syscalls()) add_theirs(filter, rule);
    const UniqueFd file(::memfd_create("filter", MFD_CLOEXEC));
    REQUIRE(seccomp_export_bpf(filter, file.get()) == 0);
    seccomp_release(filter);
    Code code(file_size(file.get()).value() / sizeof(sock_filter));
    REQUIRE(pread_full(file.get(), std::as_writable_bytes(std::span(code)), 0).ok());
    return code;
}

const std::vector<std::string>& call_names() {
    static const std::vector<std::string> names = {
        "read",        "write",  "open",   "close",   "lseek",   "mmap",  "ioctl",
        "access",      "pipe",   "getpid", "clone",   "execve",  "kill",  "fcntl",
        "personality", "ptrace", "mount",  "umount2", "prctl",   "futex", "openat",
        "unshare",     "setns",  "bpf",    "clone3",  "openat2", "splice"};
    return names;
}

const std::vector<std::uint64_t>& values() {
    static const std::vector<std::uint64_t> list = {
        0, 1, 2, 5, 0xf0, 0x100, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    return list;
}

rc::Gen<oci::v1::SeccompRule> any_rule(const std::string& name, const std::string& action) {
    return rc::gen::exec([=] {
        oci::v1::SeccompRule rule;
        rule.set_names(name);
        rule.set_action(action);
        if (action == "SCMP_ACT_ERRNO") rule.set_errno_ret(*rc::gen::inRange(2U, 100U));
        const auto arguments = *rc::gen::unique<std::vector<unsigned>>(
            *rc::gen::inRange<std::size_t>(0, 4), rc::gen::inRange(0U, 6U));
        for (const unsigned index : arguments) {
            auto* argument = rule.add_args();
            argument->set_index(index);
            argument->set_op(*rc::gen::element<std::string>(
                "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE",
                "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"));
            argument->set_value(*rc::gen::elementOf(values()));
            if (argument->op() == "SCMP_CMP_MASKED_EQ") {
                if (argument->value() == 0) argument->set_value(0xf0);
                argument->set_value_two(*rc::gen::elementOf(values()) & argument->value());
            }
        }
        return rule;
    });
}

oci::v1::Seccomp any_profile() {
    oci::v1::Seccomp profile;
    const bool deny = *rc::gen::arbitrary<bool>();
    profile.set_default_action(deny ? "SCMP_ACT_ERRNO" : "SCMP_ACT_ALLOW");
    for (const char* name : {"SCMP_ARCH_X86", "SCMP_ARCH_X32"}) {
        if (*rc::gen::arbitrary<bool>()) profile.add_architectures(name);
    }
    const std::string action = deny ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO";
    const auto names = *rc::gen::unique<std::vector<std::string>>(
        *rc::gen::inRange<std::size_t>(1, 20), rc::gen::elementOf(call_names()));
    for (const auto& name : names) *profile.add_syscalls() = *any_rule(name, action);
    // The last of all, so that no other call counts as newer than the profile.
    auto* last = profile.add_syscalls();
    last->set_names("futex_waitv");
    last->set_action(action);
    return profile;
}

seccomp_data any_call() {
    const auto architecture = *rc::gen::elementOf(std::vector<std::uint32_t>{
        SCMP_ARCH_X86_64, SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64});
    seccomp_data data{};
    data.arch = architecture == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : architecture;
    const auto name = *rc::gen::elementOf(call_names());
    const int number = seccomp_syscall_resolve_name_arch(architecture, name.c_str());
    data.nr = std::max(number, 0) + *rc::gen::inRange(0, 2);
    for (auto& argument : data.args) {
        argument = *rc::gen::elementOf(values());
        const bool wide = architecture == SCMP_ARCH_X86_64 && *rc::gen::inRange(0, 4) == 0;
        if (wide) argument |= std::uint64_t{1} << 40U;
    }
    return data;
}

TEST_CASE("seccomp: our filter decides as libseccomp's does") {
    CHECK(rc::check([] {
        const auto profile = any_profile();
        const auto ours = compile_seccomp(profile);
        RC_ASSERT(ours.ok());
        const Code expected = by_libseccomp(profile);
        for (int i = 0; i < 200; ++i) {
            const seccomp_data call = any_call();
            RC_ASSERT(test::run_filter(ours->instructions, call) ==
                      test::run_filter(expected, call));
        }
    }));
}

}  // namespace
}  // namespace bulkhead::agent
