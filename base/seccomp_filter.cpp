#include "base/seccomp_filter.h"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "base/system_calls.h"

namespace bulkhead::seccomp {

namespace {

// Where one half of an argument lies in seccomp_data; both architectures of ours are little-endian.
std::size_t half_offset(unsigned argument, bool upper) {
    return offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t) +
           (upper ? sizeof(std::uint32_t) : 0);
}

// One half of an argument is loaded, cut to the mask, and compared.
struct HalfTest {
    std::size_t offset = 0;
    std::uint32_t mask = 0;
    std::uint32_t value = 0;

    // Some bits of it are looked at.
    [[nodiscard]] bool exists() const { return mask != 0; }

    [[nodiscard]] bool cuts() const { return mask != ~std::uint32_t{0}; }

    [[nodiscard]] std::size_t length() const { return cuts() ? 3 : 2; }
};

// The tests of each condition's lower and upper half.
using HalfTests = std::array<HalfTest, 2 * std::tuple_size_v<decltype(Rule::conditions)>>;

HalfTests half_tests(const Rule& rule, pid_t self) {
    HalfTests tests;
    auto next = tests.begin();
    for (const Condition& condition : rule.conditions) {
        const std::uint64_t value =
            condition.value == kOwnProcess ? static_cast<std::uint64_t>(self) : condition.value;
        for (const bool upper : {false, true}) {
            const unsigned shift = upper ? 32 : 0;
            const auto mask = static_cast<std::uint32_t>(condition.mask >> shift);
            *next++ = {half_offset(condition.argument, upper), mask,
                       static_cast<std::uint32_t>(value >> shift) & mask};
        }
    }
    return tests;
}

// Ends in the rule's action when all its conditions hold, and otherwise runs into what follows.
void append_rule(FilterCode& code, const Rule& rule, pid_t self) {
    const auto action =
        return_code(rule.error == 0 ? SECCOMP_RET_ALLOW
                                    : SECCOMP_RET_ERRNO | static_cast<unsigned>(rule.error));
    const HalfTests tests = half_tests(rule, self);
    // To the end of the rule.
    std::size_t left = action.size();
    for (const HalfTest& test : tests) left += test.exists() ? test.length() : 0;
    for (const HalfTest& test : tests) {
        if (!test.exists()) continue;
        left -= test.length();
        code.push_back(load_word(test.offset));
        if (test.cuts()) code.push_back(statement(BPF_ALU | BPF_AND | BPF_K, test.mask));
        code.push_back(branch(BPF_JEQ, test.value, 0, left));
    }
    append(code, action);
}

// The rules in the order of their calls' numbers; those of one call as they came.
std::vector<Rule> sorted(std::span<const Rule> rules) {
    std::vector<Rule> all(rules.begin(), rules.end());
    std::ranges::stable_sort(all, {}, &Rule::number);
    return all;
}

// What is done about each call of this architecture.
CallRanges call_ranges(std::span<const Rule> rules, pid_t self, const Actions& actions) {
    const auto others = return_code(actions.others);
    const auto refused = return_code(actions.refused);
    CallRanges ranges;
    ranges.add(0, others);
    const std::vector<Rule> all = sorted(rules);
    FilterCode code;
    for (auto rule = all.begin(); rule != all.end();) {
        const int number = rule->number;
        code.clear();
        for (; rule != all.end() && rule->number == number; ++rule) append_rule(code, *rule, self);
        append(code, refused);
        const auto first = static_cast<std::uint32_t>(number);
        ranges.add(first, code);
        ranges.add(first + 1, others);
    }
    // Another calling convention, such as x32's.
    ranges.add(kFirstForeignCall, refused);
    return ranges;
}

}  // namespace

FilterCode compile(std::span<const Rule> rules, pid_t self, const Actions& actions) {
    return architecture_code(kAuditArchitecture, call_ranges(rules, self, actions).search_code(),
                             return_code(actions.refused));
}

Result<void> load(FilterCode code, unsigned flags) {
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) != 0)
        return errno_error("seccomp");
    return {};
}

}  // namespace bulkhead::seccomp
