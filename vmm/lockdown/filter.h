// Compiles rules to the program that the kernel runs before each system call (seccomp(2)). Written
// here rather than taken from libseccomp because it runs on every start, once for each thread: it
// takes microseconds, and a test can go through all that it accepts. Thread: any (pure).
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <span>
#include <vector>

#include "vmm/lockdown/rule.h"

namespace bulkhead::lockdown {

// A call that no rule allows, and any call of another architecture, kills the process. `self`
// stands in for kOwnProcess. The rules of one call must follow one another or not, as they like;
// the calls that come first are found first.
std::vector<sock_filter> compile(std::span<const Rule> rules, pid_t self);

}  // namespace bulkhead::lockdown
