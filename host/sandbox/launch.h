// What one VM is made of, and the packet that hands it to the monitor. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/packet_channel.h"
#include "base/page_runs.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "host/sandbox/device_limits.h"
#include "host/sandbox/shape.h"

namespace bulkhead::sandbox {

// A run of bytes of one of a disk's files; offset and length are multiples of 512.
struct DiskExtent {
    std::size_t file = 0;  // index into LaunchDisk::files
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

// A disk of the guest: its extents one after another.
struct LaunchDisk {
    std::string serial;
    bool read_only = true;
    std::vector<UniqueFd> files;
    std::vector<DiskExtent> extents;
    std::vector<std::string> paths;  // of the files, where that matters to somebody
};

// A saved VM: what Vm::save() wrote, opened to read.
struct Snapshot {
    UniqueFd state;
    UniqueFd memory;
    // Pages of the memory that those who went on from there soon wrote to.
    std::vector<PageRun> written = {};
};

struct Launch {
    UniqueFd kvm;
    UniqueFd kernel;  // invalid with `restore`
    std::optional<UniqueFd> initrd;
    // The VM goes on from there: it had as many vCPUs, memory and disks.
    std::optional<Snapshot> restore;
    // Before the guest's first stream opens the VM pauses by itself.
    bool pause_at_first_stream = false;
    // For Vm::take_writes().
    bool log_writes = false;
    UniqueFd console;  // the guest's console is written here
    Shape shape;
    std::string kernel_arguments;
    std::vector<LaunchDisk> disks;
    DeviceLimits device_limits;
};

// The bytes of the launch message and the descriptors that go with it, which stay the launch's.
struct LaunchPacket {
    std::vector<std::byte> bytes;
    std::vector<int> descriptors;
};

// Another one of the same, with descriptors of its own.
Result<Launch> copy_of(const Launch& launch);

// An error if it needs more descriptors or bytes than one packet carries.
Result<LaunchPacket> encode_launch(const Launch& launch);

}  // namespace bulkhead::sandbox
