// Compiles rules to the program that the kernel runs before each system call (seccomp(2)). Written
// here rather than taken from libseccomp because it runs on every start, once for each thread: it
// takes microseconds, and a test can go through all that it accepts. Thread: any.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/filter_code.h"
#include "base/result.h"

namespace bulkhead::seccomp {

// Stands for the process's own id, which is not known before it runs.
inline constexpr std::uint64_t kOwnProcess = ~std::uint64_t{0};

// True when (argument & mask) == value; a mask of 0 is no condition.
struct Condition {
    unsigned argument = 0;  // 0 to 5
    std::uint64_t mask = 0;
    std::uint64_t value = 0;
};

// For arguments that the kernel takes as an int: it does not look at the upper half.
constexpr Condition is(unsigned argument, std::uint64_t value) {
    return {argument, 0xFFFFFFFFU, value};
}

// For arguments that it takes whole.
constexpr Condition is_exactly(unsigned argument, std::uint64_t value) {
    return {argument, ~std::uint64_t{0}, value};
}

// What a call comes to when all conditions hold.
struct Rule {
    int number = 0;
    std::array<Condition, 2> conditions{};
    int error = 0;  // not 0: the call is not made, and gives this error number
};

// SECCOMP_RET_*: of calls that no rule names, and of what is refused: a call of which no rule
// holds, and any call of another architecture or calling convention.
struct Actions {
    std::uint32_t others = 0;
    std::uint32_t refused = 0;
};

// Pure. `self` stands in for kOwnProcess. The rules of one call are tried in their order, wherever
// they stand.
FilterCode compile(std::span<const Rule> rules, pid_t self, const Actions& actions);

// For the calling thread, and with SECCOMP_FILTER_FLAG_TSYNC for all of its process, for ever.
// Needs no_new_privs.
Result<void> load(FilterCode code, unsigned flags = 0);

}  // namespace bulkhead::seccomp
