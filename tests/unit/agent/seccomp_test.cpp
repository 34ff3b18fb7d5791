#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include <catch2/catch.hpp>

#include "guest-agent/seccomp/call_rules.h"
#include "guest-agent/seccomp/names.h"
#include "guest-agent/seccomp/program.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

// What `probe` gives in a child under the profile; -1 if the child did not end by itself.
int under(const oci::v1::Seccomp& profile, const std::function<int()>& probe) {
    const auto program = compile_seccomp(profile);
    REQUIRE(program.ok());
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (!install_seccomp(*program)) ::_exit(200);
        // Not _exit(): a sanitizer's version of it makes calls that the profile may forbid.
        ::syscall(SYS_exit_group, probe());
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

oci::v1::Seccomp allow_all() {
    oci::v1::Seccomp profile;
    profile.set_default_action("SCMP_ACT_ALLOW");
    return profile;
}

oci::v1::SeccompRule& add_rule(oci::v1::Seccomp& profile, const std::string& name,
                               const std::string& action) {
    auto* rule = profile.add_syscalls();
    rule->set_names(name);
    rule->set_action(action);
    return *rule;
}

void add_condition(oci::v1::SeccompRule& rule, unsigned index, const std::string& op,
                   std::uint64_t value, std::uint64_t value_two = 0) {
    auto* argument = rule.add_args();
    argument->set_index(index);
    argument->set_op(op);
    argument->set_value(value);
    argument->set_value_two(value_two);
}

int errno_of(long result) {
    return result < 0 ? errno : 0;
}

TEST_CASE("seccomp: an absent section is no filter") {
    CHECK(compile_seccomp(oci::v1::Seccomp()).value().instructions.empty());
}

TEST_CASE("seccomp: a rule's errno is what the program sees") {
    auto profile = allow_all();
    add_rule(profile, "getppid", "SCMP_ACT_ERRNO").set_errno_ret(77);
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_getppid)); }) == 77);
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_getpid)); }) == 0);
}

TEST_CASE("seccomp: the default errno is EPERM") {
    auto profile = allow_all();
    add_rule(profile, "getppid", "SCMP_ACT_ERRNO");
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_getppid)); }) == EPERM);
}

TEST_CASE("seccomp: a killing rule kills") {
    auto profile = allow_all();
    add_rule(profile, "getppid", "SCMP_ACT_KILL_PROCESS");
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_getppid)); }) == -1);
}

TEST_CASE("seccomp: conditions on different arguments must all hold") {
    auto profile = allow_all();
    auto& rule = add_rule(profile, "lseek", "SCMP_ACT_ERRNO");
    rule.set_errno_ret(77);
    add_condition(rule, 1, "SCMP_CMP_EQ", 5);
    add_condition(rule, 2, "SCMP_CMP_EQ", 1);
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_lseek, -1, 5L, 1)); }) == 77);
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_lseek, -1, 5L, 0)); }) == EBADF);
}

TEST_CASE("seccomp: conditions on one argument are alternatives") {
    auto profile = allow_all();
    auto& rule = add_rule(profile, "lseek", "SCMP_ACT_ERRNO");
    rule.set_errno_ret(77);
    add_condition(rule, 1, "SCMP_CMP_EQ", 5);
    add_condition(rule, 1, "SCMP_CMP_EQ", 9);
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_lseek, -1, 5L, 1)); }) == 77);
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_lseek, -1, 9L, 1)); }) == 77);
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_lseek, -1, 7L, 1)); }) == EBADF);
}

TEST_CASE("seccomp: a masked comparison looks at the masked bits only") {
    auto profile = allow_all();
    auto& rule = add_rule(profile, "lseek", "SCMP_ACT_ERRNO");
    rule.set_errno_ret(77);
    add_condition(rule, 1, "SCMP_CMP_MASKED_EQ", 0xf0, 0x30);
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_lseek, -1, 0x13fL, 0)); }) == 77);
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_lseek, -1, 0x14fL, 0)); }) == EBADF);
}

TEST_CASE("seccomp: names that this machine does not know are skipped") {
    auto profile = allow_all();
    add_rule(profile, "a_call_of_the_future", "SCMP_ACT_ERRNO");
    add_rule(profile, "getppid", "SCMP_ACT_ERRNO").set_errno_ret(77);
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_getppid)); }) == 77);
}

// A profile that denies by default, with all that a child of this test needs.
oci::v1::Seccomp deny_all_but(std::initializer_list<const char*> names) {
    oci::v1::Seccomp profile;
    profile.set_default_action("SCMP_ACT_ERRNO");
    for (const char* name : {"exit_group", "exit", "rt_sigreturn"}) {
        add_rule(profile, name, "SCMP_ACT_ALLOW");
    }
    for (const char* name : names) add_rule(profile, name, "SCMP_ACT_ALLOW");
    return profile;
}

TEST_CASE("seccomp: calls newer than the profile give ENOSYS, older ones the default") {
    const auto profile = deny_all_but({"openat2"});
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_getppid)); }) == EPERM);
    CHECK(under(profile,
                [] { return errno_of(::syscall(SYS_openat2, -1, nullptr, nullptr, 0)); }) != EPERM);
    constexpr long kFarFuture = 4000;
    CHECK(under(profile, [] { return errno_of(::syscall(kFarFuture)); }) == ENOSYS);
}

TEST_CASE("seccomp: docker's three architectures compile to one filter") {
    auto profile = deny_all_but({"getppid", "clone3"});
    for (const char* name : {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"}) {
        profile.add_architectures(name);
    }
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_getppid)); }) == 0);
    CHECK(under(profile, [] { return errno_of(::syscall(SYS_getpid)); }) == EPERM);
}

TEST_CASE("seccomp: flags reach the kernel, unknown ones are refused") {
    auto profile = allow_all();
    profile.add_flags("SECCOMP_FILTER_FLAG_LOG");
    profile.add_flags("SECCOMP_FILTER_FLAG_SPEC_ALLOW");
    CHECK(compile_seccomp(profile).value().flags ==
          (SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW));
    profile.add_flags("SECCOMP_FILTER_FLAG_NEW");
    CHECK_FALSE(compile_seccomp(profile).ok());
}

TEST_CASE("seccomp: unknown actions, comparisons and architectures are refused") {
    auto action = allow_all();
    add_rule(action, "getppid", "SCMP_ACT_FLY");
    CHECK_FALSE(compile_seccomp(action).ok());
    auto comparison = allow_all();
    add_condition(add_rule(comparison, "lseek", "SCMP_ACT_ERRNO"), 0, "SCMP_CMP_ODD", 1);
    CHECK_FALSE(compile_seccomp(comparison).ok());
    auto index = allow_all();
    add_condition(add_rule(index, "lseek", "SCMP_ACT_ERRNO"), 6, "SCMP_CMP_EQ", 1);
    CHECK_FALSE(compile_seccomp(index).ok());
    auto architecture = allow_all();
    architecture.add_architectures("SCMP_ARCH_Z80");
    CHECK_FALSE(compile_seccomp(architecture).ok());
}

TEST_CASE(
    "seccomp: on 32-bit x86 a socket rule holds for socketcall too, as far as it can be seen") {
    constexpr std::uint32_t kSocketcall = 102;
    auto plain = deny_all_but({"socket"});
    const auto allowed = make_call_table(plain, SCMP_ARCH_X86).value();
    REQUIRE(allowed.calls.count(kSocketcall) == 1);
    const Clause& clause = allowed.calls.at(kSocketcall).clauses.at(0);
    CHECK(clause.action == SECCOMP_RET_ALLOW);
    CHECK(clause.conditions.at(0).argument == 0);
    CHECK(clause.conditions.at(0).value == 1);

    // What cannot be seen is not allowed, but it is forbidden.
    auto conditional = deny_all_but({});
    add_condition(add_rule(conditional, "socket", "SCMP_ACT_ALLOW"), 0, "SCMP_CMP_EQ", 1);
    CHECK(make_call_table(conditional, SCMP_ARCH_X86).value().calls.count(kSocketcall) == 0);
    auto forbidding = allow_all();
    add_condition(add_rule(forbidding, "socket", "SCMP_ACT_ERRNO"), 0, "SCMP_CMP_EQ", 40);
    CHECK(make_call_table(forbidding, SCMP_ARCH_X86).value().calls.count(kSocketcall) == 1);
}

TEST_CASE("seccomp: names that only another architecture has are skipped there") {
    const auto profile = deny_all_but({"socketcall"});
    CHECK(make_call_table(profile, SCMP_ARCH_X86_64).value().calls.count(102) == 0);
    CHECK(make_call_table(profile, SCMP_ARCH_X86).value().calls.count(102) == 1);
}

}  // namespace
}  // namespace bulkhead::agent
