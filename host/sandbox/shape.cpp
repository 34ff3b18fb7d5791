#include "host/sandbox/shape.h"

#include <algorithm>
#include <bit>

namespace bulkhead::sandbox {

namespace {

// The least of 1, 2, 3, 4, 6, 8, 12, 16, ... that is no less; of what is small enough for that.
std::uint64_t next_size(std::uint64_t wanted) {
    const std::uint64_t power = std::bit_ceil(std::max<std::uint64_t>(wanted, 1));
    const std::uint64_t between = power / 4 * 3;
    return between >= wanted && between > power / 2 ? between : power;
}

}  // namespace

Shape Shape::of(std::optional<std::uint64_t> container_memory, std::optional<std::uint32_t> cpus,
                std::uint32_t host_cpus) {
    constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
    constexpr std::uint64_t kMostRounded = std::uint64_t{1} << 62U;
    Shape shape;
    const std::uint32_t processors =
        std::clamp(cpus.value_or(std::min(kDefaultCpus, host_cpus)), 1U, kMaxCpus);
    shape.vcpus = static_cast<std::uint32_t>(next_size(processors));
    shape.memory_bytes = kDefaultMemory;
    if (container_memory) {
        const std::uint64_t memory = std::clamp(*container_memory, kLeastMemory, kMostRounded);
        const std::uint64_t sized = next_size(memory);
        const std::uint64_t wanted = sized + sized / kOverheadFraction + kFixedOverhead;
        shape.memory_bytes = (wanted + kMiB - 1) / kMiB * kMiB;
    }
    return shape;
}

}  // namespace bulkhead::sandbox
