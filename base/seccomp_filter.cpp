#include "base/seccomp_filter.h"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/system_calls.h"

namespace bulkhead::seccomp {

namespace {

using Code = std::vector<sock_filter>;

sock_filter statement(unsigned code, std::uint64_t value) {
    return {static_cast<std::uint16_t>(code), 0, 0, static_cast<std::uint32_t>(value)};
}

sock_filter load_word(std::size_t offset) {
    return statement(BPF_LD | BPF_W | BPF_ABS, offset);
}

sock_filter give(std::uint32_t action) {
    return statement(BPF_RET | BPF_K, action);
}

// Goes on with the next instruction when equal, else skips `skip` more.
sock_filter unless_equal(std::uint64_t value, std::size_t skip) {
    sock_filter jump = statement(BPF_JMP | BPF_JEQ | BPF_K, value);
    jump.jf = static_cast<std::uint8_t>(skip);
    return jump;
}

void append(Code& code, const Code& more) {
    code.insert(code.end(), more.begin(), more.end());
}

// Where one half of an argument lies in seccomp_data; both architectures of ours are little-endian.
std::size_t half_offset(unsigned argument, bool upper) {
    return offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t) +
           (upper ? sizeof(std::uint32_t) : 0);
}

// A test of one half of an argument: what is loaded, and with what it must agree.
struct HalfTest {
    std::size_t offset = 0;
    std::uint32_t mask = 0;
    std::uint32_t value = 0;
};

std::vector<HalfTest> half_tests(const Rule& rule, pid_t self) {
    std::vector<HalfTest> tests;
    for (const Condition& condition : rule.conditions) {
        const std::uint64_t value =
            condition.value == kOwnProcess ? static_cast<std::uint64_t>(self) : condition.value;
        for (const bool upper : {false, true}) {
            const unsigned shift = upper ? 32 : 0;
            const auto mask = static_cast<std::uint32_t>(condition.mask >> shift);
            if (mask == 0) continue;
            tests.push_back({half_offset(condition.argument, upper), mask,
                             static_cast<std::uint32_t>(value >> shift) & mask});
        }
    }
    return tests;
}

// Ends in the rule's action when all its conditions hold, and otherwise runs into what follows.
Code rule_code(const Rule& rule, pid_t self) {
    const std::uint32_t action = rule.error == 0
                                     ? SECCOMP_RET_ALLOW
                                     : SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(rule.error);
    Code code{give(action)};
    // From the end, since each test must know how far the end is.
    auto tests = half_tests(rule, self);
    std::reverse(tests.begin(), tests.end());
    for (const HalfTest& test : tests) {
        Code whole{load_word(test.offset)};
        if (test.mask != ~std::uint32_t{0})
            whole.push_back(statement(BPF_ALU | BPF_AND | BPF_K, test.mask));
        whole.push_back(unless_equal(test.value, code.size()));
        append(whole, code);
        code = std::move(whole);
    }
    return code;
}

// All rules of one call, entered with its number loaded; runs over when it is another call.
Code call_code(std::span<const Rule> rules, int number, pid_t self, std::uint32_t refused) {
    Code body;
    for (const Rule& rule : rules) {
        if (rule.number == number) append(body, rule_code(rule, self));
    }
    body.push_back(give(refused));
    // A conditional jump reaches only 255 instructions.
    sock_filter matches = statement(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint64_t>(number));
    matches.jt = 1;
    Code code{matches, statement(BPF_JMP | BPF_JA, body.size())};
    append(code, body);
    return code;
}

}  // namespace

std::vector<sock_filter> compile(std::span<const Rule> rules, pid_t self, const Actions& actions) {
    Code code{load_word(offsetof(seccomp_data, arch)), unless_equal(kAuditArchitecture, 1),
              statement(BPF_JMP | BPF_JA, 1), give(actions.refused),
              load_word(offsetof(seccomp_data, nr))};
    std::vector<int> done;
    for (const Rule& rule : rules) {
        if (std::find(done.begin(), done.end(), rule.number) != done.end()) continue;
        done.push_back(rule.number);
        append(code, call_code(rules, rule.number, self, actions.refused));
    }
    // Numbers of another kind, such as x32's, equal none of the list's.
    if (actions.others != actions.refused) {
        code.push_back(statement(BPF_JMP | BPF_JGE | BPF_K, kFirstForeignCall));
        code.back().jf = 1;
        code.push_back(give(actions.refused));
    }
    code.push_back(give(actions.others));
    return code;
}

Result<void> load(std::vector<sock_filter> code, unsigned flags) {
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) != 0)
        return errno_error("seccomp");
    return {};
}

}  // namespace bulkhead::seccomp
