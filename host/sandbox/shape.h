// How large a VM a container gets. Machines come in few sizes, so that few templates serve all
// (docs/templates.md): a power of two, or half as much again; what the container may have of one
// is its cgroups' to say. Thread: any.
#pragma once

#include <cstdint>
#include <optional>

namespace bulkhead::sandbox {

struct Shape {
    // What the guest needs beyond the container's own memory: kernel, agent, page tables, and 1/64
    // for the kernel's description of each page.
    static constexpr std::uint64_t kFixedOverhead = std::uint64_t{64} << 20U;
    static constexpr std::uint64_t kOverheadFraction = 64;
    static constexpr std::uint64_t kLeastMemory = std::uint64_t{32} << 20U;  // of the container
    // Without -m. Pages that a guest never touches cost nothing; their description does, so this is
    // no larger than most containers need.
    static constexpr std::uint64_t kDefaultMemory = std::uint64_t{1} << 30U;
    static constexpr std::uint32_t kDefaultCpus = 2;  // or what the host has, if less
    static constexpr std::uint32_t kMaxCpus = 32;     // vmm.proto

    std::uint32_t vcpus = 1;
    std::uint64_t memory_bytes = 0;  // whole MiB

    friend bool operator==(const Shape&, const Shape&) = default;

    // `container_memory` is docker's -m; `cpus` the number of CPUs it takes for --cpus. Neither is
    // less than what was asked for, but for kMaxCpus.
    static Shape of(std::optional<std::uint64_t> container_memory,
                    std::optional<std::uint32_t> cpus, std::uint32_t host_cpus);
};

}  // namespace bulkhead::sandbox
