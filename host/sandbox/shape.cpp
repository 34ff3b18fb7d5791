#include "host/sandbox/shape.h"

#include <algorithm>

namespace bulkhead::sandbox {

Shape Shape::of(std::optional<std::uint64_t> container_memory, std::optional<std::uint32_t> cpus,
                std::uint32_t host_cpus) {
    constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
    Shape shape;
    shape.vcpus = std::clamp(cpus.value_or(std::min(kDefaultCpus, host_cpus)), 1U, kMaxCpus);
    shape.memory_bytes = kDefaultMemory;
    if (container_memory) {
        const std::uint64_t wanted =
            *container_memory + *container_memory / kOverheadFraction + kFixedOverhead;
        shape.memory_bytes = (wanted + kMiB - 1) / kMiB * kMiB;
    }
    return shape;
}

}  // namespace bulkhead::sandbox
