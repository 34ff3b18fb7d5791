// Reading a device's configuration structure by offset and width. virtio 1.2 §2.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bulkhead::virtio {

// Copies from `structure`; what lies past its end reads as zeros.
void read_config_space(std::span<const std::byte> structure, std::uint64_t offset,
                       std::span<std::byte> bytes);

}  // namespace bulkhead::virtio
