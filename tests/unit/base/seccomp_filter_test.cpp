#include "base/seccomp_filter.h"

#include <array>

#include <catch2/catch.hpp>

#include "base/system_calls.h"
#include "tests/support/seccomp_interpreter.h"

namespace bulkhead::seccomp {

namespace {

constexpr Actions kAllowOthers{.others = SECCOMP_RET_ALLOW, .refused = SECCOMP_RET_ERRNO | 1};
constexpr std::uint32_t kMoreThanThereAre = 1024;

seccomp_data call(std::uint32_t number, std::uint64_t first = 0) {
    seccomp_data data{};
    data.nr = static_cast<int>(number);
    data.arch = kAuditArchitecture;
    data.args[0] = first;
    return data;
}

}  // namespace

TEST_CASE("calls that no rule names are the others, between rules and beside them") {
    const std::array<Rule, 4> rules{{{.number = 9, .error = 7},
                                     {.number = 0, .error = 5},
                                     {.number = 8, .error = 7},
                                     {.number = 300, .error = 6}}};
    const auto code = compile(rules, 1, kAllowOthers);
    for (std::uint32_t number = 0; number < kMoreThanThereAre; ++number) {
        std::uint32_t expected = SECCOMP_RET_ALLOW;
        for (const Rule& rule : rules) {
            if (number != static_cast<std::uint32_t>(rule.number)) continue;
            expected = SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(rule.error);
        }
        INFO(number);
        CHECK(test::run_filter(code, call(number)) == expected);
    }
}

TEST_CASE("a filter without rules is the others'") {
    CHECK(test::run_filter(compile({}, 1, kAllowOthers), call(3)) == SECCOMP_RET_ALLOW);
}

TEST_CASE("numbers of another calling convention are refused, and so is another architecture") {
    const std::array<Rule, 1> rules{{{.number = 3}}};
    const auto code = compile(rules, 1, kAllowOthers);
    for (const std::uint32_t number : {kFirstForeignCall, kFirstForeignCall + 3, 0xFFFFFFFFU}) {
        CHECK(test::run_filter(code, call(number)) == kAllowOthers.refused);
    }
    CHECK(test::run_filter(code, call(kFirstForeignCall - 1)) == SECCOMP_RET_ALLOW);
    seccomp_data foreign = call(3);
    foreign.arch ^= 1;
    CHECK(test::run_filter(code, foreign) == kAllowOthers.refused);
}

TEST_CASE("the rules of one call are tried in their order, wherever they stand") {
    const std::array<Rule, 4> rules{{{.number = 5, .conditions = {is(0, 1)}, .error = 11},
                                     {.number = 4},
                                     {.number = 5, .conditions = {is(0, 1)}, .error = 12},
                                     {.number = 5, .conditions = {is(0, kOwnProcess)}}}};
    constexpr pid_t kSelf = 4711;
    const auto code = compile(rules, kSelf, kAllowOthers);
    CHECK(test::run_filter(code, call(5, 1)) == (SECCOMP_RET_ERRNO | 11));
    CHECK(test::run_filter(code, call(5, kSelf)) == SECCOMP_RET_ALLOW);
    CHECK(test::run_filter(code, call(5, 2)) == kAllowOthers.refused);
    CHECK(test::run_filter(code, call(4, 2)) == SECCOMP_RET_ALLOW);
}

TEST_CASE("pieces that are longer than a branch reaches are jumped over") {
    std::vector<Rule> rules;
    for (int number = 0; number < 40; number += 2) {
        for (std::uint64_t value = 0; value < 100; ++value) {
            rules.push_back({.number = number, .conditions = {is_exactly(0, value)}, .error = 3});
        }
    }
    const auto code = compile(rules, 1, kAllowOthers);
    for (std::uint32_t number = 0; number < 40; ++number) {
        const bool named = number % 2 == 0;
        INFO(number);
        CHECK(test::run_filter(code, call(number, 99)) ==
              (named ? SECCOMP_RET_ERRNO | 3U : SECCOMP_RET_ALLOW));
        CHECK(test::run_filter(code, call(number, 100)) ==
              (named ? kAllowOthers.refused : SECCOMP_RET_ALLOW));
    }
}

}  // namespace bulkhead::seccomp
