// Any bytes as a block request, split over descriptors in any way: what is let through must lie on
// the disk, and its slices must be what was asked for.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/wire.h"
#include "tests/support/guest_arena.h"
#include "vmm/block/block_request.h"

namespace {

using namespace bulkhead;

constexpr std::uint64_t kSectors = 1000;

// Cuts a length out of one region into slices, with sizes taken from the input.
std::vector<memory::GuestSlice> cut(const test::GuestArena& arena, std::uint64_t address,
                                    std::uint64_t length, ByteReader& input) {
    std::vector<memory::GuestSlice> slices;
    while (length > 0) {
        const std::uint64_t wanted = input.read<std::uint16_t>().value_or(0xffff);
        const std::uint64_t count = std::min<std::uint64_t>(length, wanted + 1);
        slices.push_back(*arena.memory().slice(memory::GuestAddress{address}, count));
        address += count;
        length -= count;
    }
    return slices;
}

void check(const block::BlockRequest& request, const block::DiskRules& rules,
           std::uint64_t writable) {
    BULKHEAD_CHECK(request.status.remaining() == (writable > 0 ? 1 : 0));
    if (request.action != block::BlockRequest::Action::Submit) return;
    const auto& disk = request.disk;
    const std::uint64_t size = kSectors * block::kSectorBytes;
    BULKHEAD_CHECK(disk.offset <= size && disk.length <= size - disk.offset);
    BULKHEAD_CHECK(disk.offset % block::kSectorBytes == 0);
    BULKHEAD_CHECK(disk.length % block::kSectorBytes == 0);
    const bool reads = disk.operation == block::DiskRequest::Operation::Read;
    const bool flushes = disk.operation == block::DiskRequest::Operation::Flush;
    BULKHEAD_CHECK(!rules.read_only || reads || flushes);
    BULKHEAD_CHECK(request.data_length == (reads ? disk.length : 0));
    std::uint64_t total = 0;
    for (const auto& slice : disk.slices) total += slice.size();
    const bool transfers = reads || disk.operation == block::DiskRequest::Operation::Write;
    BULKHEAD_CHECK(total == (transfers ? disk.length : 0));
}

}  // namespace

// Layout: flags, readable length (2), writable length (2), the cuts, and the rest is what the
// driver wrote.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ByteReader input(std::as_bytes(std::span(data, size)));
    const std::uint8_t flags = input.read<std::uint8_t>().value_or(0);
    const std::uint64_t readable = input.read<std::uint16_t>().value_or(0);
    const std::uint64_t writable = input.read<std::uint16_t>().value_or(0);
    const block::DiskRules rules{.sectors = kSectors,
                                 .read_only = (flags & 1) != 0,
                                 .features = (flags & 2) != 0 ? ~std::uint64_t{0} : 0};
    const test::GuestArena arena;
    virtio::Chain chain{.head = 1,
                        .readable = virtio::ChainReader(cut(arena, 0x10000, readable, input)),
                        .writable = virtio::ChainWriter(cut(arena, 0x40000, writable, input))};
    const auto content = input.take(input.remaining());
    static_cast<void>(arena.memory().write_bytes(memory::GuestAddress{0x10000}, *content));
    check(block::parse_block_request(std::move(chain), rules), rules, writable);
    return 0;
}
