#include "vmm/lockdown/filter.h"

#include <linux/seccomp.h>

namespace bulkhead::lockdown {

std::vector<sock_filter> compile(std::span<const Rule> rules, pid_t self) {
    std::vector<seccomp::Rule> bare;
    bare.reserve(rules.size());
    for (const Rule& rule : rules) bare.push_back({rule.number, rule.conditions, rule.error});
    return seccomp::compile(
        bare, self, {.others = SECCOMP_RET_KILL_PROCESS, .refused = SECCOMP_RET_KILL_PROCESS});
}

}  // namespace bulkhead::lockdown
