// What lies beside a checkpoint: its checkpoint.json holds anything, and is refused or says what it
// is read as; what is read can be written and read again, and is the same.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "host/checkpoints/entry.h"
#include "host/sandbox/writable_disk.h"

namespace {

using namespace bulkhead;

void check_round_trip(const checkpoints::Entry& entry) {
    const auto again = checkpoints::parse_entry(checkpoints::to_text(entry));
    BULKHEAD_CHECK(again.ok() && again->key.id() == entry.key.id());
    BULKHEAD_CHECK(checkpoints::to_text(*again) == checkpoints::to_text(entry));
}

void read_entry(const std::string& text) {
    const auto entry = checkpoints::parse_entry(text);
    if (!entry.ok()) return;
    BULKHEAD_CHECK(entry->disks != 0 && entry->state_bytes != 0);
    BULKHEAD_CHECK(entry->memory_file_bytes == entry->key.shape.memory_bytes);
    BULKHEAD_CHECK(entry->disk_file_bytes <= sandbox::WritableDisk::kLargest);
    check_round_trip(*entry);
}

// Whatever a container and its image are called.
void write_entry(const std::string& text) {
    checkpoints::Entry entry;
    entry.disks = 1;
    entry.state_bytes = 1;
    entry.container_id = std::string(64, 'a');
    entry.container_name = text;
    entry.image = text;
    entry.image_id = text;
    check_round_trip(entry);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // SAFETY: char may alias any type.
    const std::string text(reinterpret_cast<const char*>(data), size);
    read_entry(text);
    write_entry(text);
    return 0;
}
