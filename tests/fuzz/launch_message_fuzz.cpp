// Any first packet from the host: what is accepted is inside every bound that the machine relies
// on. The first byte says how many descriptors come with it.
#include "base/check.h"
#include "tests/fuzz/control_packet.h"
#include "vmm/control/launch_message.h"

namespace {

void check_disk(const bulkhead::machine::DiskConfig& disk) {
    using namespace bulkhead::machine;
    BULKHEAD_CHECK(!disk.serial.empty() && disk.serial.size() <= kMaxSerialBytes);
    std::uint64_t size = 0;
    for (const auto& segment : disk.segments) {
        BULKHEAD_CHECK(segment.file < disk.files.size());
        BULKHEAD_CHECK(disk.files[segment.file].valid());
        BULKHEAD_CHECK(segment.length > 0 && segment.length % kSectorBytes == 0);
        BULKHEAD_CHECK(segment.file_offset % kSectorBytes == 0);
        BULKHEAD_CHECK(!__builtin_add_overflow(size, segment.length, &size));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bulkhead;
    if (size == 0) return 0;
    const auto config = control::parse_launch(test::control_packet(data, size, 8));
    if (!config) return 0;
    BULKHEAD_CHECK(config->vcpus >= 1 && config->vcpus <= machine::kMaxVcpus);
    BULKHEAD_CHECK(config->memory_bytes >= machine::kMinMemory);
    BULKHEAD_CHECK(config->memory_bytes <= machine::kMaxMemory);
    BULKHEAD_CHECK(config->memory_bytes % machine::kMemoryStep == 0);
    BULKHEAD_CHECK(config->kvm.valid());
    BULKHEAD_CHECK(config->restore
                       ? config->restore->state.valid() && config->restore->memory.valid()
                       : config->kernel.valid());
    BULKHEAD_CHECK(config->disks.size() <= machine::kMaxDisks);
    for (const machine::DiskConfig& disk : config->disks) check_disk(disk);
    return 0;
}
