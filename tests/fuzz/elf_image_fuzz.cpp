// Any file as a guest kernel: parsing stays in bounds, and what it gives keeps its promises.
#include "base/check.h"
#include "tests/support/elf_file.h"
#include "vmm/boot/elf_image.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bulkhead;
    const auto file = std::as_bytes(std::span(data, size));
    const auto image = boot::parse_elf([&](std::uint64_t offset, std::span<std::byte> bytes) {
        return test::read_from(file, offset, bytes);
    });
    if (!image) {
        BULKHEAD_CHECK(!image.error().message().empty());
        return 0;
    }
    BULKHEAD_CHECK(!image->segments.empty());
    BULKHEAD_CHECK(image->segments.size() <= boot::kMaxProgramHeaders);
    bool entry_inside = false;
    for (const boot::ElfSegment& segment : image->segments) {
        BULKHEAD_CHECK(segment.file_size <= segment.memory_size);
        const auto end = memory::checked_add(segment.start, segment.memory_size);
        BULKHEAD_CHECK(end && *end <= image->end);
        entry_inside |= image->entry >= segment.start && image->entry < *end;
    }
    BULKHEAD_CHECK(entry_inside);
    return 0;
}
