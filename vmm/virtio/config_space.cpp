#include "vmm/virtio/config_space.h"

#include <algorithm>

namespace bulkhead::virtio {

void read_config_space(std::span<const std::byte> structure, std::uint64_t offset,
                       std::span<std::byte> bytes) {
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    if (offset >= structure.size()) return;
    const auto rest = structure.subspan(offset);
    std::copy_n(rest.begin(), std::min(rest.size(), bytes.size()), bytes.begin());
}

}  // namespace bulkhead::virtio
