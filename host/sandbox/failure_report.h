// Why a VM ended, in words, and the whole message that a user sees when a container did not work
// out: what was being done, what happened, and what the guest last said. Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "host/sandbox/console_tail.h"
#include "host/sandbox/vm.h"

namespace bulkhead::sandbox {

// "the guest's kernel panicked"
std::string describe_end(const VmEnd& end);

// The monitor had no say in it: somebody killed it, or a host without memory.
bool killed_silently(const VmEnd& end);

struct FailureReport {
    std::string_view stage;  // "booting the guest"
    std::string cause;
};

// Several lines, without a final line end.
std::string failure_text(const FailureReport& report, const ConsoleTail& console);

}  // namespace bulkhead::sandbox
