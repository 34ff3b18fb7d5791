// SavedMachine: a whole VM but for the bytes of its memory, as plain values, and its form in the
// state file. docs/snapshot-format.md.
//
// A state file is untrusted: decode() bounds everything; whether the values make sense together is
// checked by whoever they are for. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "vmm/bus/uart_16550.h"
#include "vmm/memory/memory_file.h"
#include "vmm/virtio/transport_state.h"

namespace bulkhead::snapshot {

struct SavedMachine {
    unsigned vcpus = 0;
    std::uint64_t memory_bytes = 0;
    std::vector<memory::FileExtent> memory;
    std::vector<std::string> processors;  // the architecture's business, as is `platform`
    std::string platform;
    std::vector<virtio::TransportState> devices;
    bus::Uart16550::State uart;
};

// A state file is never larger: 32 processors have less than 1 MiB.
inline constexpr std::size_t kMaxStateBytes = std::size_t{4} << 20U;

std::vector<std::byte> encode(const SavedMachine& machine);

// The error says what is wrong with the file.
Result<SavedMachine> decode(std::span<const std::byte> file);

}  // namespace bulkhead::snapshot
