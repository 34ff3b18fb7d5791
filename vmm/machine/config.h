// MachineConfig: what one VM is made of, as plain values and descriptors. Made by control/ from the
// host's launch message; the limits here are what it enforces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/page_runs.h"
#include "base/unique_fd.h"
#include "vmm/block/segmented_file.h"
#include "vmm/machine/device_limits.h"

namespace bulkhead::machine {

inline constexpr unsigned kMaxVcpus = 32;
inline constexpr std::uint64_t kMemoryStep = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kMinMemory = std::uint64_t{32} << 20;
// Far above any host's RAM, far below what a processor can address (46 bits and more).
inline constexpr std::uint64_t kMaxMemory = std::uint64_t{16} << 40;
// Of the machine's 19 device slots, three are vsock's, rng's and balloon's; four stay free for
// network devices.
inline constexpr std::size_t kMaxDisks = 12;
inline constexpr std::size_t kMaxSerialBytes = 20;  // virtio 1.2 §5.2.6.1
inline constexpr std::uint64_t kSectorBytes = 512;

struct DiskConfig {
    std::string serial;
    bool read_only = false;
    std::vector<UniqueFd> files;
    std::vector<block::Segment> segments;  // of `files`, by index; none: an empty slot
};

// A saved VM's two files, or empty ones for it.
struct SnapshotFiles {
    UniqueFd state;
    UniqueFd memory;
};

struct MachineConfig {
    unsigned vcpus = 1;
    std::uint64_t memory_bytes = 0;
    std::string kernel_arguments;
    std::vector<DiskConfig> disks;
    DeviceLimits device_limits;

    // The VM pauses where the guest's first stream would be opened.
    bool pause_at_first_stream = false;

    // What the guest writes to is kept, for Machine::take_writes().
    bool log_writes = false;

    UniqueFd kvm;
    std::optional<SnapshotFiles> restore;  // in place of a kernel
    std::vector<PageRun> written;          // of the restored memory, by those before
    UniqueFd kernel;
    UniqueFd initrd;   // may be empty
    UniqueFd console;  // may be empty
};

}  // namespace bulkhead::machine
