#include "guest-agent/seccomp/filter_code.h"

#include <linux/seccomp.h>

#include <cstddef>

namespace bulkhead::agent {
namespace {

using seccomp::append;
using seccomp::branch;
using seccomp::load_word;
using seccomp::return_code;
using seccomp::statement;

constexpr std::uint32_t low(std::uint64_t value) {
    return static_cast<std::uint32_t>(value);
}

constexpr std::uint32_t high(std::uint64_t value) {
    return static_cast<std::uint32_t>(value >> 32U);
}

// Where a branch goes that decides a condition; patched when the code's length is known.
enum class Go : std::uint8_t { On, Hold, Fail };

struct Test {
    unsigned comparison;
    std::uint32_t k;
    Go if_true;
    Go if_false;
};

// The tests on the high and on the low half of an argument. "On" goes to the next test.
std::vector<Test> high_tests(const Condition& condition) {
    const std::uint32_t k = high(condition.value);
    switch (condition.comparison) {
        case Comparison::Equal:
            return {{BPF_JEQ, k, Go::On, Go::Fail}};
        case Comparison::MaskedEqual:
            return {{BPF_JEQ, high(condition.value_two), Go::On, Go::Fail}};
        case Comparison::NotEqual:
            return {{BPF_JEQ, k, Go::On, Go::Hold}};
        case Comparison::Greater:
        case Comparison::GreaterEqual:
            return {{BPF_JGT, k, Go::Hold, Go::On}, {BPF_JEQ, k, Go::On, Go::Fail}};
        case Comparison::Less:
        case Comparison::LessEqual:
            return {{BPF_JGT, k, Go::Fail, Go::On}, {BPF_JEQ, k, Go::On, Go::Hold}};
    }
    return {};
}

Test low_test(const Condition& condition) {
    const std::uint32_t k = low(condition.value);
    switch (condition.comparison) {
        case Comparison::Equal:
            return {BPF_JEQ, k, Go::Hold, Go::Fail};
        case Comparison::MaskedEqual:
            return {BPF_JEQ, low(condition.value_two), Go::Hold, Go::Fail};
        case Comparison::NotEqual:
            return {BPF_JEQ, k, Go::Fail, Go::Hold};
        case Comparison::Greater:
            return {BPF_JGT, k, Go::Hold, Go::Fail};
        case Comparison::GreaterEqual:
            return {BPF_JGE, k, Go::Hold, Go::Fail};
        case Comparison::Less:
            return {BPF_JGE, k, Go::Fail, Go::Hold};
        case Comparison::LessEqual:
            return {BPF_JGT, k, Go::Fail, Go::Hold};
    }
    return {};
}

// Seccomp's data is little-endian here: the low half of an argument comes first.
struct HalfOffsets {
    std::size_t low;
    std::size_t high;
};

HalfOffsets offsets_of(unsigned argument) {
    const std::size_t at = offsetof(seccomp_data, args) + sizeof(std::uint64_t) * argument;
    return {at, at + sizeof(std::uint32_t)};
}

// Goes on behind its end if the condition holds, and `after` instructions further if it does not.
FilterCode condition_code(const Condition& condition, std::size_t after) {
    const bool masked = condition.comparison == Comparison::MaskedEqual;
    const HalfOffsets offsets = offsets_of(condition.argument);
    const auto first = high_tests(condition);
    const std::size_t length = first.size() + (masked ? 5U : 3U);
    FilterCode code;
    const auto distance = [&](Go go) -> std::size_t {
        if (go == Go::On) return 0;
        const std::size_t to_end = length - code.size() - 1;
        return go == Go::Hold ? to_end : to_end + after;
    };
    const auto add_test = [&](const Test& test) {
        code.push_back(
            branch(test.comparison, test.k, distance(test.if_true), distance(test.if_false)));
    };
    code.push_back(load_word(offsets.high));
    if (masked) code.push_back(statement(BPF_ALU | BPF_AND | BPF_K, high(condition.value)));
    for (const Test& test : first) add_test(test);
    code.push_back(load_word(offsets.low));
    if (masked) code.push_back(statement(BPF_ALU | BPF_AND | BPF_K, low(condition.value)));
    add_test(low_test(condition));
    return code;
}

// Returns the action if all conditions hold, and goes on behind its end otherwise.
FilterCode clause_code(const Clause& clause) {
    FilterCode code;
    append(code, return_code(clause.action));
    // Back to front: a condition that fails skips all that is behind it.
    for (auto condition = clause.conditions.rbegin(); condition != clause.conditions.rend();
         ++condition) {
        FilterCode longer = condition_code(*condition, code.size());
        append(longer, code);
        code = std::move(longer);
    }
    return code;
}

}  // namespace

FilterCode call_code(const CallRules& rules, std::uint32_t otherwise) {
    FilterCode code;
    for (const Clause& clause : rules.clauses) append(code, clause_code(clause));
    append(code, return_code(rules.otherwise.value_or(otherwise)));
    return code;
}

}  // namespace bulkhead::agent
