// Reads one descriptor chain from guest memory and validates it as a whole. virtio 1.2 §2.7.5.
//
// Every descriptor is read exactly once, into a private copy, so that the guest cannot change what
// has been checked. Thread: loop.
#pragma once

#include <cstdint>
#include <optional>

#include "vmm/memory/guest_memory.h"
#include "vmm/virtio/chain.h"

namespace bulkhead::virtio {

struct DescriptorTable {
    const memory::GuestMemory& memory;
    memory::GuestAddress start;  // validated: the table lies in one region
    std::uint16_t size = 0;      // entries; also the bound on a chain's length (§2.7.5.3.1)
    bool indirect = false;       // VIRTIO_F_INDIRECT_DESC was negotiated
};

struct ChainResult {
    std::optional<Chain> chain;
    const char* reason = "";  // a literal: the rule that the driver broke, when there is no chain
};

ChainResult read_chain(const DescriptorTable& table, std::uint16_t head);

}  // namespace bulkhead::virtio
