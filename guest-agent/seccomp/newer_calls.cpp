#include "guest-agent/seccomp/newer_calls.h"

#include <linux/seccomp.h>
#include <seccomp.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace bulkhead::agent {
namespace {

// x32 calls carry this bit in the number, on the same AUDIT_ARCH as x86_64; they are left to the
// filter.
constexpr std::uint32_t kX32Bit = 0x4000'0000;

sock_filter statement(unsigned code, std::uint32_t k) {
    return {.code = static_cast<std::uint16_t>(code), .jt = 0, .jf = 0, .k = k};
}

sock_filter jump(unsigned code, std::uint32_t k, unsigned if_true, unsigned if_false) {
    return {.code = static_cast<std::uint16_t>(code),
            .jt = static_cast<std::uint8_t>(if_true),
            .jf = static_cast<std::uint8_t>(if_false),
            .k = k};
}

std::array<sock_filter, 6> block(std::uint32_t architecture, std::uint32_t last_call) {
    return {
        statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        jump(BPF_JMP | BPF_JEQ | BPF_K, architecture, 0, 4),
        statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        jump(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 2, 0),
        jump(BPF_JMP | BPF_JGT | BPF_K, last_call, 0, 1),
        statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };
}

}  // namespace

std::vector<sock_filter> newer_calls_prologue(std::span<const std::uint32_t> architectures,
                                              int last_call) {
    constexpr int kFirstUnifiedCall = 424;
    std::vector<sock_filter> program;
    if (last_call < 0) return program;
    for (const std::uint32_t architecture : architectures) {
        if (architecture == SCMP_ARCH_X32) continue;
        if (architecture != seccomp_arch_native() && last_call < kFirstUnifiedCall) continue;
        const auto instructions = block(architecture, static_cast<std::uint32_t>(last_call));
        program.insert(program.end(), instructions.begin(), instructions.end());
    }
    return program;
}

}  // namespace bulkhead::agent
