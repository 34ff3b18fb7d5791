// The list of system calls and what is made of it: that docs/jail.md shows it, that every line has
// a reason, and that the compiled filter allows exactly what the list says.
#include "base/syscalls.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "base/text.h"
#include "tests/integration/jail/documented.h"
#include "tests/support/seccomp_interpreter.h"
#include "vmm/lockdown/filter.h"
#include "vmm/lockdown/rules.h"

namespace bulkhead::lockdown {

namespace {

constexpr pid_t kSelf = 4711;

using test::run_filter;

seccomp_data call_of(int number) {
    seccomp_data call{};
    call.nr = number;
    call.arch = AUDIT_ARCH_X86_64;
    return call;
}

// A call for which all of the rule's conditions hold.
seccomp_data matching(const Rule& rule) {
    seccomp_data call = call_of(rule.number);
    for (const Condition& condition : rule.conditions) {
        if (condition.mask == 0) continue;
        const std::uint64_t value =
            condition.value == kOwnProcess ? kSelf : condition.value & condition.mask;
        call.args[condition.argument] |= value;
    }
    return call;
}

std::vector<sock_filter> filter_of(Role role) {
    return compile(rules_for(role), kSelf);
}

std::string cell(const Rule& rule, Role role) {
    return (rule.roles & roles_of(role)) == 0 ? " |" : " x |";
}

std::vector<std::string> table() {
    std::vector<std::string> rows{"| call | only | start | loop | vcpu | disk | reason |",
                                  "| --- | --- | --- | --- | --- | --- | --- |"};
    for (const Rule& rule : all_rules()) {
        std::string row = concat("| ", rule.name, " | ", rule.only, " |");
        for (const Role role : kAllRoles) row += cell(rule, role);
        std::string text(rule.reason);
        rows.push_back(row + " " + text + " |");
    }
    return rows;
}

}  // namespace

TEST_CASE("the documentation shows the list of system calls") {
    const auto documentation = read_file(JAIL_DOCUMENT, 1U << 20U);
    REQUIRE(documentation);
    CHECK(test::is_documented(*documentation, "system-calls", table()));
}

TEST_CASE("every line of the list has a reason and a role") {
    for (const Rule& rule : all_rules()) {
        INFO(rule.name);
        CHECK_FALSE(rule.reason.empty());
        CHECK(rule.roles != 0);
        const bool conditional =
            std::any_of(rule.conditions.begin(), rule.conditions.end(),
                        [](const Condition& condition) { return condition.mask != 0; });
        CHECK(conditional == (!rule.only.empty() && rule.error == 0));
    }
}

TEST_CASE("once the guest runs, all threads together have at most 35 calls") {
    std::set<int> running;
    for (const Role role : {Role::Loop, Role::Vcpu, Role::Disk}) {
        std::set<int> calls;
        for (const Rule& rule : rules_for(role)) calls.insert(rule.number);
        running.insert(calls.begin(), calls.end());
    }
    INFO("all: " << running.size());
    CHECK(running.size() <= 35);
}

TEST_CASE("a filter allows what its role's rules say, and every role's with the start's") {
    for (const Role role : kAllRoles) {
        const auto code = filter_of(role);
        REQUIRE(code.size() <= BPF_MAXINSNS);
        for (const Rule& rule : all_rules()) {
            const bool listed = role == Role::Start || (rule.roles & roles_of(role)) != 0;
            INFO(role_name(role) << ": " << rule.name << " " << rule.only);
            const std::uint32_t expected =
                !listed           ? SECCOMP_RET_KILL_PROCESS
                : rule.error == 0 ? SECCOMP_RET_ALLOW
                                  : SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(rule.error);
            CHECK(run_filter(code, matching(rule)) == expected);
        }
    }
}

TEST_CASE("a filter kills for every other number, and for other arguments") {
    constexpr int kMoreThanThereAre = 1024;
    for (const Role role : kAllRoles) {
        const auto code = filter_of(role);
        const auto rules = rules_for(role);
        for (int number = 0; number < kMoreThanThereAre; ++number) {
            const bool without_conditions =
                std::any_of(rules.begin(), rules.end(), [number](const Rule& rule) {
                    return rule.number == number && (rule.only.empty() || rule.error != 0);
                });
            seccomp_data call = call_of(number);
            // Arguments that no rule asks for.
            std::fill(std::begin(call.args), std::end(call.args), 0x7FEDCBA987654321U);
            INFO(role_name(role) << ": " << number);
            CHECK((run_filter(code, call) == SECCOMP_RET_KILL_PROCESS) == !without_conditions);
        }
    }
}

TEST_CASE("each condition counts, in both halves of its argument") {
    const auto code = filter_of(Role::Start);
    for (const Rule& rule : all_rules()) {
        for (const Condition& condition : rule.conditions) {
            if (condition.mask == 0) continue;
            INFO(rule.name << " " << rule.only);
            seccomp_data call = matching(rule);
            call.args[condition.argument] ^= 0x7E000000;  // in no request, flag or number
            if ((condition.mask & 0x7E000000) != 0)
                CHECK(run_filter(code, call) == SECCOMP_RET_KILL_PROCESS);
            call = matching(rule);
            call.args[condition.argument] ^= std::uint64_t{1} << 40U;
            const bool whole = (condition.mask >> 40U) != 0;
            CHECK((run_filter(code, call) == SECCOMP_RET_KILL_PROCESS) == whole);
        }
    }
}

TEST_CASE("no mapping that can be executed is allowed") {
    for (const Role role : kAllRoles) {
        const auto code = filter_of(role);
        for (const int number : {SYS_mmap, SYS_mprotect}) {
            for (std::uint64_t flags = 0; flags < 0x100000; ++flags) {
                seccomp_data call = call_of(number);
                call.args[2] = PROT_READ | PROT_WRITE | PROT_EXEC;
                call.args[3] = flags;
                if (run_filter(code, call) != SECCOMP_RET_KILL_PROCESS) FAIL("flags " << flags);
            }
        }
    }
}

TEST_CASE("numbers of other call tables are refused") {
    const auto code = filter_of(Role::Start);
    seccomp_data call = call_of(SYS_exit_group);
    CHECK(run_filter(code, call) == SECCOMP_RET_ALLOW);
    call.arch = AUDIT_ARCH_I386;
    CHECK(run_filter(code, call) == SECCOMP_RET_KILL_PROCESS);
    call.arch = AUDIT_ARCH_X86_64;
    call.nr |= 0x40000000;  // x32
    CHECK(run_filter(code, call) == SECCOMP_RET_KILL_PROCESS);
}

}  // namespace bulkhead::lockdown
