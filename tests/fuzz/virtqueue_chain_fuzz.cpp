// Rings and descriptor tables with any content: whatever pop() accepts must be bounded and lie in
// RAM, and using it must not go out of bounds.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/wire.h"
#include "tests/support/driver_queue.h"
#include "vmm/virtio/queue.h"

namespace {

using namespace bulkhead;

constexpr std::uint16_t kSize = 8;

void use(virtio::Chain& chain) {
    BULKHEAD_CHECK(chain.head < kSize);
    const std::uint64_t readable = chain.readable.remaining();
    const std::uint64_t writable = chain.writable.remaining();
    BULKHEAD_CHECK(readable + writable <= UINT32_MAX);
    std::vector<std::byte> header(16);
    static_cast<void>(chain.readable.read(header));
    virtio::ChainWriter tail = chain.writable.split_tail(1);
    BULKHEAD_CHECK(tail.remaining() + chain.writable.remaining() == writable);
    static_cast<void>(tail.write(std::span(header).first(1)));
    std::vector<memory::GuestSlice> slices;
    BULKHEAD_CHECK(chain.writable.take(chain.writable.remaining(), slices));
    BULKHEAD_CHECK(slices.size() <= kSize);
    std::uint64_t total = tail.remaining() == 0 && writable > 0 ? 1 : 0;
    for (const auto& slice : slices) total += slice.size();
    BULKHEAD_CHECK(total == writable);
}

}  // namespace

// Layout: features, start index (2), available index (2), available ring, descriptors, and the rest
// goes to 0x8000, where indirect tables may be.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // SAFETY: any object may be read as bytes.
    ByteReader input(std::as_bytes(std::span(data, size)));
    const std::uint64_t features =
        virtio::kVersion1 | (std::uint64_t{input.read<std::uint8_t>().value_or(0)} << 28);
    const std::uint16_t start = input.read<std::uint16_t>().value_or(0);
    const std::uint16_t available = input.read<std::uint16_t>().value_or(0);

    test::GuestArena arena;
    test::DriverQueue driver(arena, kSize, features);
    driver.start_at(start);
    for (int i = 0; i < kSize; ++i) {
        driver.make_available(input.read<std::uint8_t>().value_or(0));
    }
    for (std::uint16_t i = 0; i < kSize; ++i) {
        driver.write_descriptor(i, {.address = input.read<std::uint64_t>().value_or(0),
                                    .length = input.read<std::uint32_t>().value_or(0),
                                    .flags = input.read<std::uint16_t>().value_or(0),
                                    .next = input.read<std::uint16_t>().value_or(0)});
    }
    const auto rest = input.take(input.remaining());
    static_cast<void>(arena.memory().write_bytes(memory::GuestAddress{0x8000}, *rest));
    driver.set_available_index(available);

    auto queue = virtio::Queue::activate(arena.memory(), driver.config(), kSize, features);
    BULKHEAD_CHECK(queue.has_value());
    queue->restore({.next_available = start, .next_used = start});
    for (int count = 0; count <= kSize; ++count) {
        virtio::Queue::Pop popped = queue->pop();
        if (!popped.chain) break;
        BULKHEAD_CHECK(count < kSize);
        use(*popped.chain);
        queue->push_used(popped.chain->head, 1);
        static_cast<void>(queue->should_interrupt());
    }
    return 0;
}
