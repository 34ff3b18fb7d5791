// A snapshot's state file. The input is what is behind the frame, since no fuzzer guesses its
// checksum; the frame is read, too, as a file of its own. What is accepted is bounded, and is the
// same after another way through a file.
#include "base/check.h"
#include "vmm/snapshot/frame.h"
#include "vmm/snapshot/saved_machine.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bulkhead::snapshot;
    const auto bytes = std::as_bytes(std::span(data, size));
    static_cast<void>(decode(bytes));
    const auto machine = decode(add_frame(bytes));
    if (!machine) return 0;
    BULKHEAD_CHECK(machine->processors.size() <= 64 && machine->devices.size() <= 32);
    const auto file = encode(*machine);
    const auto again = decode(file);
    BULKHEAD_CHECK(again.ok());
    BULKHEAD_CHECK(encode(*again) == file);
    return 0;
}
