// Runs a seccomp filter as the kernel would: what a system call comes to (linux/net/core/filter.c,
// as far as seccomp filters go). Fails the test for code that the kernel would refuse.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include <catch2/catch.hpp>

namespace bulkhead::test {

inline bool bpf_holds(unsigned comparison, std::uint32_t a, std::uint32_t k) {
    switch (comparison) {
        case BPF_JEQ:
            return a == k;
        case BPF_JGT:
            return a > k;
        case BPF_JGE:
            return a >= k;
        case BPF_JSET:
            return (a & k) != 0;
        default:
            FAIL("unknown comparison");
            return false;
    }
}

inline std::uint32_t run_filter(const std::vector<sock_filter>& code, const seccomp_data& call) {
    std::uint32_t a = 0;
    for (std::size_t at = 0; at < code.size(); ++at) {
        const sock_filter& each = code[at];
        switch (BPF_CLASS(each.code)) {
            case BPF_LD:
                if (each.k + sizeof(a) > sizeof(call)) FAIL("loads from behind the call");
                std::memcpy(&a, reinterpret_cast<const char*>(&call) + each.k, sizeof(a));
                break;
            case BPF_ALU:
                if (BPF_OP(each.code) != BPF_AND) FAIL("unknown arithmetic");
                a &= each.k;
                break;
            case BPF_JMP:
                if (BPF_OP(each.code) == BPF_JA) {
                    at += each.k;
                } else {
                    at += bpf_holds(BPF_OP(each.code), a, each.k) ? each.jt : each.jf;
                }
                break;
            case BPF_RET:
                return each.k;
            default:
                FAIL("unknown instruction");
        }
    }
    FAIL("the filter ends without an answer");
    return 0;
}

}  // namespace bulkhead::test
