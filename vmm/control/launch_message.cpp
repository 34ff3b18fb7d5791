#include "vmm/control/launch_message.h"

#include <algorithm>
#include <string_view>

#include "base/checked.h"
#include "base/page_runs.h"
#include "base/text.h"
#include "proto/vmm.pb.h"
#include "vmm/control/device_limits.h"

namespace bulkhead::control {

namespace {

namespace wire = bulkhead::vmm::v1;

using machine::DiskConfig;
using machine::MachineConfig;

// The packet's descriptors. Each has one use, except that several segments of a disk may be parts
// of one file.
class Descriptors {
  public:
    explicit Descriptors(std::vector<UniqueFd> all) : all_(std::move(all)) {}

    Result<UniqueFd> take(std::uint32_t index, std::string_view field) {
        if (index >= all_.size()) {
            return Error(concat(field, " is descriptor ", index, " of ", all_.size()));
        }
        if (!all_[index].valid()) {
            return Error(concat(field, " is descriptor ", index, ", which has another use"));
        }
        return std::move(all_[index]);
    }

  private:
    std::vector<UniqueFd> all_;  // those taken are invalid
};

// The files of one disk, each taken once however many segments it has.
class DiskFiles {
  public:
    explicit DiskFiles(Descriptors& descriptors) : descriptors_(descriptors) {}

    // The file's place in files().
    Result<std::size_t> place(std::uint32_t index) {
        const auto known = std::ranges::find(indices_, index);
        if (known == indices_.end()) {
            files_.push_back(TRY(descriptors_.take(index, "a segment's fd")));
            indices_.push_back(index);
            return files_.size() - 1;
        }
        return static_cast<std::size_t>(known - indices_.begin());
    }

    [[nodiscard]] std::vector<UniqueFd> files() && { return std::move(files_); }

  private:
    Descriptors& descriptors_;
    std::vector<UniqueFd> files_;
    std::vector<std::uint32_t> indices_;  // in the packet, of files_
};

Result<void> check_sizes(const wire::Launch& launch) {
    if (launch.vcpus() < 1 || launch.vcpus() > machine::kMaxVcpus) {
        return Error(concat(launch.vcpus(), " vCPUs; 1 to ", machine::kMaxVcpus, " are possible"));
    }
    const std::uint64_t memory = launch.memory_bytes();
    if (memory < machine::kMinMemory || memory > machine::kMaxMemory ||
        memory % machine::kMemoryStep != 0) {
        return Error(concat(memory, " bytes of memory; whole MiB from ",
                            bytes_text(machine::kMinMemory), " to ",
                            bytes_text(machine::kMaxMemory), " are possible"));
    }
    if (launch.disks().size() > static_cast<int>(machine::kMaxDisks)) {
        return Error(
            concat(launch.disks().size(), " disks; ", machine::kMaxDisks, " are possible"));
    }
    return {};
}

Result<block::Segment> parse_segment(const wire::DiskSegment& segment, DiskFiles& files) {
    const std::uint64_t offset = segment.file_offset();
    const std::uint64_t length = segment.length();
    if (length == 0 || length % machine::kSectorBytes != 0 || offset % machine::kSectorBytes != 0) {
        return Error(concat("a segment of ", length, " bytes from ", offset,
                            " is not whole sectors of ", machine::kSectorBytes));
    }
    // What file offsets can express.
    const auto end = checked_add(offset, length);
    if (!end || !narrow<std::int64_t>(*end)) return Error("a segment's end is out of range");
    return block::Segment{
        .file = TRY(files.place(segment.fd())), .file_offset = offset, .length = length};
}

Result<DiskConfig> parse_disk(const wire::Disk& disk, Descriptors& descriptors) {
    DiskConfig config;
    config.serial = disk.serial();
    config.read_only = disk.read_only();
    const bool printable =
        std::ranges::all_of(config.serial, [](char c) { return c > ' ' && c <= '~'; });
    if (config.serial.empty() || config.serial.size() > machine::kMaxSerialBytes || !printable) {
        return Error(concat("a disk's serial must be 1 to ", machine::kMaxSerialBytes,
                            " printable ASCII characters"));
    }
    DiskFiles files(descriptors);
    std::uint64_t size = 0;
    for (const wire::DiskSegment& segment : disk.segments()) {
        config.segments.push_back(
            TRY_CONTEXT(parse_segment(segment, files), "disk " + config.serial));
        const auto sum = checked_add(size, config.segments.back().length);
        if (!sum) return Error(concat("disk ", config.serial, " is too large"));
        size = *sum;
    }
    config.files = std::move(files).files();
    return config;
}

Result<std::vector<DiskConfig>> parse_disks(const wire::Launch& launch, Descriptors& descriptors) {
    std::vector<DiskConfig> disks;
    for (const wire::Disk& disk : launch.disks()) {
        disks.push_back(TRY(parse_disk(disk, descriptors)));
        const auto same = [&](const DiskConfig& other) { return other.serial == disk.serial(); };
        if (std::ranges::count_if(disks, same) > 1) {
            return Error(concat("two disks have the serial ", disk.serial()));
        }
    }
    return disks;
}

Result<MachineConfig> convert(const wire::Launch& launch, Descriptors descriptors) {
    TRY(check_sizes(launch));
    MachineConfig config;
    config.vcpus = launch.vcpus();
    config.memory_bytes = launch.memory_bytes();
    config.kernel_arguments = launch.kernel_arguments();
    config.kvm = TRY(descriptors.take(launch.kvm_fd(), "kvm_fd"));
    config.pause_at_first_stream = launch.pause_at_first_stream();
    config.log_writes = launch.log_writes();
    if (launch.has_restore()) {
        const wire::Restore& restore = launch.restore();
        UniqueFd state = TRY(descriptors.take(restore.state_fd(), "state_fd"));
        UniqueFd memory = TRY(descriptors.take(restore.memory_fd(), "memory_fd"));
        config.restore =
            machine::SnapshotFiles{.state = std::move(state), .memory = std::move(memory)};
        const std::span<const std::uint64_t> written(
            restore.written_pages().data(), static_cast<std::size_t>(restore.written_pages_size()));
        config.written = TRY_CONTEXT(runs_from_pairs(written, config.memory_bytes / kPageBytes),
                                     "written pages");
    } else {
        config.kernel = TRY(descriptors.take(launch.kernel_fd(), "kernel_fd"));
    }
    if (launch.has_initrd_fd()) {
        config.initrd = TRY(descriptors.take(launch.initrd_fd(), "initrd_fd"));
    }
    if (launch.has_console_fd()) {
        config.console = TRY(descriptors.take(launch.console_fd(), "console_fd"));
    }
    config.disks = TRY(parse_disks(launch, descriptors));
    config.device_limits = parse_device_limits(launch.device_limits());
    return config;
}

}  // namespace

Result<MachineConfig> parse_launch(Packet packet) {
    wire::HostMessage message;
    if (!message.ParseFromArray(packet.bytes.data(), static_cast<int>(packet.bytes.size()))) {
        return Error("the first packet is not a HostMessage");
    }
    if (!message.has_launch()) return Error("the first packet is not a Launch");
    return convert(message.launch(), Descriptors(std::move(packet.descriptors)));
}

}  // namespace bulkhead::control
