#include "guest-agent/seccomp/program.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "guest-agent/seccomp/call_rules.h"
#include "guest-agent/seccomp/filter_code.h"
#include "guest-agent/seccomp/names.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

using seccomp::CallRanges;
using seccomp::return_code;

// x32 calls carry this bit in the number, on the same AUDIT_ARCH as x86_64.
constexpr std::uint32_t kX32Bit = 0x4000'0000;
// For an architecture that the profile does not list: as in libseccomp.
constexpr std::uint32_t kForeign = SECCOMP_RET_KILL_THREAD;

Result<unsigned> flags_of(const oci::v1::Seccomp& profile) {
    unsigned flags = 0;
    for (const auto& name : profile.flags()) {
        const auto flag = seccomp_flag(name);
        if (!flag) return Error(concat("seccomp: unknown flag \"", name, "\""));
        flags |= *flag;
    }
    return flags;
}

// The machine's own, and those that the profile lists.
Result<std::vector<std::uint32_t>> architectures_of(const oci::v1::Seccomp& profile) {
    std::vector<std::uint32_t> architectures = {seccomp_arch_native()};
    for (const auto& name : profile.architectures()) {
        const auto architecture = seccomp_architecture(name);
        if (!architecture) return Error(concat("seccomp: unknown architecture \"", name, "\""));
        if (std::find(architectures.begin(), architectures.end(), *architecture) ==
            architectures.end()) {
            architectures.push_back(*architecture);
        }
    }
    return architectures;
}

void add_ranges(CallRanges& ranges, std::uint32_t from, const CallTable& table,
                std::uint32_t otherwise) {
    ranges.add(from, return_code(otherwise));
    for (const auto& [call, rules] : table.calls) {
        ranges.add(call, call_code(rules, otherwise));
        ranges.add(call + 1, return_code(otherwise));
    }
}

// All calls that come with the AUDIT_ARCH number of `architecture`.
Result<FilterCode> code_for(std::uint32_t architecture, bool with_x32,
                            const oci::v1::Seccomp& profile) {
    const std::uint32_t otherwise = TRY(default_action(profile));
    const CallTable table = TRY(make_call_table(profile, architecture));
    CallRanges ranges;
    add_ranges(ranges, 0, table, otherwise);
    if (table.last_call && !lets_calls_through(otherwise)) {
        ranges.add(*table.last_call + 1, return_code(SECCOMP_RET_ERRNO | ENOSYS));
    }
    if (with_x32) {
        add_ranges(ranges, kX32Bit, TRY(make_call_table(profile, SCMP_ARCH_X32)), otherwise);
    } else {
        ranges.add(kX32Bit, return_code(architecture == SCMP_ARCH_X86_64 ? kForeign : otherwise));
    }
    return ranges.search_code();
}

Result<FilterCode> whole_code(const oci::v1::Seccomp& profile) {
    const auto architectures = TRY(architectures_of(profile));
    const bool with_x32 =
        std::find(architectures.begin(), architectures.end(), SCMP_ARCH_X32) != architectures.end();
    FilterCode code;
    seccomp::append(code, return_code(kForeign));
    // Back to front, so that the machine's own comes first. libseccomp's number of an architecture
    // is the kernel's AUDIT_ARCH number, but for x32, which is part of x86_64.
    for (auto each = architectures.rbegin(); each != architectures.rend(); ++each) {
        if (*each == SCMP_ARCH_X32) continue;
        const auto matching = TRY(code_for(*each, with_x32 && *each == SCMP_ARCH_X86_64, profile));
        code = seccomp::architecture_code(*each, matching, code);
    }
    return code;
}

}  // namespace

Result<SeccompProgram> compile_seccomp(const oci::v1::Seccomp& profile) {
    if (profile.default_action().empty()) return SeccompProgram{};
    SeccompProgram program;
    program.flags = TRY(flags_of(profile));
    program.instructions = TRY(whole_code(profile));
    if (program.instructions.size() > BPF_MAXINSNS) return Error("seccomp: the filter is too long");
    return program;
}

Result<void> install_seccomp(const SeccompProgram& program) {
    if (program.instructions.empty()) return {};
    // SAFETY: the kernel copies the program; it does not write through the pointer.
    const sock_fprog filter{.len = static_cast<unsigned short>(program.instructions.size()),
                            .filter = const_cast<sock_filter*>(program.instructions.data())};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, program.flags, &filter) != 0) {
        return errno_error("seccomp: installing the filter");
    }
    return {};
}

}  // namespace bulkhead::agent
