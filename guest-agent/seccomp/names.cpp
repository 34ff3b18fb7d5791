#include "guest-agent/seccomp/names.h"

#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <utility>

namespace bulkhead::agent {
namespace {

template <class Value, std::size_t N>
std::optional<Value> find(const std::array<std::pair<std::string_view, Value>, N>& table,
                          std::string_view name) {
    const auto* found = std::find_if(table.begin(), table.end(),
                                     [&](const auto& entry) { return entry.first == name; });
    if (found == table.end()) return std::nullopt;
    return found->second;
}

}  // namespace

std::optional<std::uint32_t> seccomp_action(std::string_view name, std::uint32_t errno_or_data) {
    if (name == "SCMP_ACT_ERRNO") return SECCOMP_RET_ERRNO | (errno_or_data & SECCOMP_RET_DATA);
    if (name == "SCMP_ACT_TRACE") return SECCOMP_RET_TRACE | (errno_or_data & SECCOMP_RET_DATA);
    constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> kActions = {{
        {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
        {"SCMP_ACT_LOG", SECCOMP_RET_LOG},
        {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
        {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
        {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
        {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
    }};
    return find(kActions, name);
}

std::optional<Comparison> seccomp_comparison(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Comparison>, 7> kComparisons = {{
        {"SCMP_CMP_NE", Comparison::NotEqual},
        {"SCMP_CMP_LT", Comparison::Less},
        {"SCMP_CMP_LE", Comparison::LessEqual},
        {"SCMP_CMP_EQ", Comparison::Equal},
        {"SCMP_CMP_GE", Comparison::GreaterEqual},
        {"SCMP_CMP_GT", Comparison::Greater},
        {"SCMP_CMP_MASKED_EQ", Comparison::MaskedEqual},
    }};
    return find(kComparisons, name);
}

std::optional<std::uint32_t> seccomp_architecture(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::uint32_t>, 5> kArchitectures = {{
        {"SCMP_ARCH_X86", SCMP_ARCH_X86},
        {"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
        {"SCMP_ARCH_X32", SCMP_ARCH_X32},
        {"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
        {"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
    }};
    return find(kArchitectures, name);
}

std::optional<unsigned> seccomp_flag(std::string_view name) {
    // TSYNC is for programs with threads; the filter is installed by a process that has one.
    constexpr std::array<std::pair<std::string_view, unsigned>, 3> kFlags = {{
        {"SECCOMP_FILTER_FLAG_TSYNC", 0},
        {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
        {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    }};
    return find(kFlags, name);
}

bool lets_calls_through(std::uint32_t action) {
    return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

}  // namespace bulkhead::agent
