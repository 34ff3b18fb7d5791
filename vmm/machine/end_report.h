// EndReport: why a VM ended.
#pragma once

#include <cstdint>
#include <string>

namespace bulkhead::machine {

enum class EndReason {
    GuestReset,  // the guest asked for a reset: an orderly end
    GuestPanic,  // a reset or triple fault after a kernel panic on the console
    TripleFault,
    Stopped,        // the host asked, or went away
    InternalError,  // KVM or the host failed
    LaunchFailed,   // the machine was never started
};

struct EndReport {
    EndReason reason = EndReason::InternalError;
    std::string detail;
    std::uint64_t console_bytes_dropped = 0;
};

}  // namespace bulkhead::machine
