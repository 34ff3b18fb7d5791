#include <algorithm>

#include <catch2/catch.hpp>

#include "base/words.h"
#include "host/runtime/seccomp_profile.h"
#include "host/runtime/strict.h"
#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

using oci::v1::Seccomp;
using oci::v1::SeccompRule;

Seccomp default_for(const std::vector<std::string>& added, const char* machine = "x86_64") {
    const auto capabilities = container_capabilities(added, {});
    REQUIRE(capabilities);
    return resolve_seccomp(default_seccomp_profile(), *capabilities, machine);
}

std::vector<SeccompRule> rules_for(const Seccomp& seccomp, const std::string& name) {
    std::vector<SeccompRule> found;
    for (const auto& rule : seccomp.syscalls()) {
        const auto names = words_of(rule.names());
        if (std::ranges::find(names, name) != names.end()) found.push_back(rule);
    }
    return found;
}

// Allowed whatever its arguments are.
bool allowed(const Seccomp& seccomp, const std::string& name) {
    const auto rules = rules_for(seccomp, name);
    return std::any_of(rules.begin(), rules.end(), [](const auto& rule) {
        return rule.action() == "SCMP_ACT_ALLOW" && rule.args().empty();
    });
}

}  // namespace

TEST_CASE("the default profile refuses with EPERM what it does not name") {
    const Seccomp seccomp = default_for({});
    CHECK(seccomp.default_action() == "SCMP_ACT_ERRNO");
    CHECK(seccomp.default_errno_ret() == 1);
    CHECK(
        std::vector<std::string>(seccomp.architectures().begin(), seccomp.architectures().end()) ==
        std::vector<std::string>{"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"});
}

TEST_CASE("the default profile allows what programs need and not what reaches the kernel") {
    const Seccomp seccomp = default_for({});
    for (const char* name : {"read", "openat2", "execve", "futex_waitv", "clone", "statx", "rseq",
                             "arch_prctl", "chroot", "ptrace", "writev", "faccessat2"}) {
        INFO(name);
        CHECK_FALSE(rules_for(seccomp, name).empty());
    }
    for (const char* name :
         {"mount", "umount2", "unshare", "setns", "bpf", "reboot", "init_module", "kexec_load",
          "keyctl", "add_key", "io_uring_setup", "perf_event_open", "open_by_handle_at", "swapon",
          "settimeofday", "iopl", "userfaultfd", "pivot_root", "process_madvise"}) {
        INFO(name);
        CHECK(rules_for(seccomp, name).empty());
    }
}

TEST_CASE("clone is allowed without namespace flags, and clone3 seems not to exist") {
    const Seccomp seccomp = default_for({});
    CHECK_FALSE(allowed(seccomp, "clone"));
    const auto clone = rules_for(seccomp, "clone");
    REQUIRE(clone.size() == 1);
    REQUIRE(clone[0].args_size() == 1);
    CHECK(clone[0].args(0).index() == 0);
    CHECK(clone[0].args(0).value() == 2114060288);
    CHECK(clone[0].args(0).value_two() == 0);
    CHECK(clone[0].args(0).op() == "SCMP_CMP_MASKED_EQ");
    const auto clone3 = rules_for(seccomp, "clone3");
    REQUIRE(clone3.size() == 1);
    CHECK(clone3[0].action() == "SCMP_ACT_ERRNO");
    CHECK(clone3[0].errno_ret() == 38);
}

TEST_CASE("with CAP_SYS_ADMIN clone, clone3 and mounting are free") {
    const Seccomp seccomp = default_for({"SYS_ADMIN"});
    for (const char* name : {"clone", "clone3", "mount", "unshare", "setns", "bpf"}) {
        INFO(name);
        CHECK(allowed(seccomp, name));
        CHECK(rules_for(seccomp, name).size() == 1);
    }
}

TEST_CASE("each capability opens its own calls") {
    const std::pair<const char*, const char*> cases[] = {
        {"DAC_READ_SEARCH", "open_by_handle_at"},
        {"SYS_BOOT", "reboot"},
        {"SYS_MODULE", "finit_module"},
        {"SYS_PACCT", "acct"},
        {"SYS_PTRACE", "pidfd_getfd"},
        {"SYS_RAWIO", "iopl"},
        {"SYS_TIME", "clock_settime"},
        {"SYS_TTY_CONFIG", "vhangup"},
        {"SYS_NICE", "mbind"},
        {"SYSLOG", "syslog"},
        {"BPF", "bpf"},
        {"PERFMON", "perf_event_open"},
    };
    for (const auto& [capability, name] : cases) {
        INFO(capability);
        CHECK_FALSE(allowed(default_for({}), name));
        CHECK(allowed(default_for({capability}), name));
    }
    // CAP_SYS_CHROOT is there by default.
    CHECK(allowed(default_for({}), "chroot"));
    CHECK_FALSE(allowed(resolve_seccomp(default_seccomp_profile(), {}, "x86_64"), "chroot"));
}

TEST_CASE("sockets are free but for AF_VSOCK, which leads to the host") {
    const auto rules = rules_for(default_for({}), "socket");
    REQUIRE(rules.size() == 1);
    REQUIRE(rules[0].args_size() == 1);
    CHECK(rules[0].args(0).value() == 40);
    CHECK(rules[0].args(0).op() == "SCMP_CMP_NE");
}

TEST_CASE("personality takes five values only") {
    std::vector<std::uint64_t> values;
    for (const auto& rule : rules_for(default_for({}), "personality")) {
        REQUIRE(rule.args_size() == 1);
        CHECK(rule.args(0).op() == "SCMP_CMP_EQ");
        values.push_back(rule.args(0).value());
    }
    CHECK(values == std::vector<std::uint64_t>{0, 8, 0x20000, 0x20008, 0xFFFFFFFF});
}

TEST_CASE("rules of another machine do not count") {
    const Seccomp arm = default_for({}, "aarch64");
    CHECK(rules_for(arm, "modify_ldt").empty());
    CHECK_FALSE(rules_for(arm, "cacheflush").empty());
    CHECK(arm.architectures(0) == "SCMP_ARCH_AARCH64");
    CHECK(rules_for(default_for({}), "cacheflush").empty());
}

TEST_CASE("a profile file is read as docker writes it") {
    const auto profile = parse_seccomp_profile(R"({
        "defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 5,
        "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "syscalls": [
            {"names": ["mkdir", "rmdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
             "args": [{"index": 1, "value": 7, "valueTwo": 9, "op": "SCMP_CMP_MASKED_EQ"}],
             "includes": {"caps": ["CAP_KILL"], "minKernel": "4.8"}, "comment": "x"},
            {"name": "chmod", "action": "SCMP_ACT_KILL", "excludes": {"caps": ["CAP_KILL"]}}]})");
    REQUIRE(profile);
    const Seccomp with = resolve_seccomp(*profile, {"CAP_KILL"}, "x86_64");
    REQUIRE(with.syscalls_size() == 1);
    CHECK(words_of(with.syscalls(0).names()).size() == 2);
    CHECK(with.syscalls(0).errno_ret() == 13);
    CHECK(with.syscalls(0).args(0).value_two() == 9);
    CHECK(with.architectures_size() == 2);
    CHECK(with.flags(0) == "SECCOMP_FILTER_FLAG_LOG");
    CHECK(with.default_errno_ret() == 5);
    const Seccomp without = resolve_seccomp(*profile, {}, "x86_64");
    REQUIRE(without.syscalls_size() == 1);
    CHECK(without.syscalls(0).names() == "chmod");
}

TEST_CASE("a profile that cannot be honoured is refused, not weakened") {
    for (const char* json : {
             "",
             "[]",
             "{",
             "{}",
             R"({"defaultAction": 1})",
             R"({"defaultAction": "ALLOW"})",
             R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": {}})",
             R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [1]})",
             R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["a"]}]})",
             R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"action": "SCMP_ACT_ALLOW"}]})",
             R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read write"],
                 "action": "SCMP_ACT_ALLOW"}]})",
             R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["a"],
                 "action": "SCMP_ACT_ALLOW", "args": [{"index": 6, "op": "SCMP_CMP_EQ"}]}]})",
             R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["a"],
                 "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": -1,
                 "op": "SCMP_CMP_EQ"}]}]})",
             R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["a"],
                 "action": "SCMP_ACT_ALLOW", "includes": {"caps": "CAP_KILL"}}]})",
             R"({"defaultAction": "SCMP_ACT_NOTIFY", "listenerPath": "/x"})",
             R"({"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86"],
                 "archMap": [{"architecture": "SCMP_ARCH_X86"}]})",
         }) {
        INFO(json);
        CHECK_FALSE(parse_seccomp_profile(json));
    }
}

TEST_CASE("a profile nested without end is refused") {
    const std::string deep(100'000, '[');
    CHECK_FALSE(parse_seccomp_profile(deep));
    CHECK_FALSE(parse_seccomp_profile(R"({"x":)" + deep));
}

TEST_CASE("the strict profile opens nothing for a capability, and takes what few programs need") {
    const auto capabilities = container_capabilities({"ALL"}, {});
    const Seccomp strict = resolve_seccomp(strict_seccomp_profile(), *capabilities, "x86_64");
    CHECK(strict.default_action() == "SCMP_ACT_ERRNO");
    for (const char* name : {"ptrace", "process_vm_readv", "bpf", "unshare", "mount",
                             "perf_event_open", "io_uring_setup", "keyctl", "userfaultfd",
                             "modify_ldt", "personality", "setns", "chroot", "init_module"}) {
        CAPTURE(name);
        CHECK(rules_for(strict, name).empty());
    }
    for (const char* name : {"read", "execve", "futex", "epoll_wait", "arch_prctl", "setuid"})
        CHECK(allowed(strict, name));
    CHECK(strict.architectures().size() == 1);
    CHECK(rules_for(strict, "socket").size() == 4);
    for (const auto& rule : rules_for(strict, "socket")) CHECK(rule.args(0).op() == "SCMP_CMP_EQ");
    REQUIRE(rules_for(strict, "clone").size() == 1);
    CHECK(rules_for(strict, "clone").front().args(0).op() == "SCMP_CMP_MASKED_EQ");
    REQUIRE(rules_for(strict, "clone3").size() == 1);
    CHECK(rules_for(strict, "clone3").front().action() == "SCMP_ACT_ERRNO");
}

}  // namespace bulkhead::runtime
