#include "vmm/block/block_request.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/support/guest_arena.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::block {
namespace {

using Action = BlockRequest::Action;
using Operation = DiskRequest::Operation;
using test::GuestArena;

constexpr std::uint64_t kAllFeatures = virtio::feature(VIRTIO_BLK_F_FLUSH) |
                                       virtio::feature(VIRTIO_BLK_F_DISCARD) |
                                       virtio::feature(VIRTIO_BLK_F_WRITE_ZEROES);
constexpr std::uint64_t kSectors = 100;

// Builds a chain slice by slice.
struct Request {
    GuestArena arena;
    std::vector<memory::GuestSlice> readable;
    std::vector<memory::GuestSlice> writable;
    DiskRules rules{.sectors = kSectors, .read_only = false, .features = kAllFeatures};

    memory::GuestSlice slice(std::uint64_t length) {
        return *arena.memory().slice(arena.allocate(length), length);
    }

    Request& bytes(std::span<const std::byte> content) {
        readable.push_back(slice(content.size()));
        readable.back().copy_from(content);
        return *this;
    }

    Request& header(std::uint32_t type, std::uint64_t sector = 0) {
        const virtio_blk_outhdr header{.type = type, .ioprio = 0, .sector = sector};
        return bytes(std::as_bytes(std::span(&header, 1)));
    }

    Request& range(std::uint64_t sector, std::uint32_t count, std::uint32_t flags = 0) {
        const virtio_blk_discard_write_zeroes range{
            .sector = sector, .num_sectors = count, .flags = flags};
        return bytes(std::as_bytes(std::span(&range, 1)));
    }

    Request& data(std::uint64_t length) {
        readable.push_back(slice(length));
        return *this;
    }

    Request& room(std::uint64_t length) {
        writable.push_back(slice(length));
        return *this;
    }

    BlockRequest parse() {
        return parse_block_request({.head = 7,
                                    .readable = virtio::ChainReader(readable),
                                    .writable = virtio::ChainWriter(writable)},
                                   rules);
    }

    // The status of a request that must be refused.
    int refusal() {
        const BlockRequest request = parse();
        CHECK(request.action == Action::Refuse);
        CHECK(request.head == 7);
        return request.refusal;
    }
};

TEST_CASE("a read names its sectors, its slices and the last byte for the status") {
    Request request;
    request.header(VIRTIO_BLK_T_IN, 3).room(1024).room(1);
    const BlockRequest parsed = request.parse();
    CHECK(parsed.action == Action::Submit);
    CHECK(parsed.head == 7);
    CHECK(parsed.disk.operation == Operation::Read);
    CHECK(parsed.disk.offset == 3 * 512);
    CHECK(parsed.disk.length == 1024);
    CHECK(parsed.disk.slices.size() == 1);
    CHECK(parsed.data_length == 1024);
    CHECK(parsed.status.remaining() == 1);
    CHECK_FALSE(parsed.disk.durable);
}

TEST_CASE("a request is no longer than the configuration space says") {
    constexpr std::uint64_t kPart = 1 << 20;
    Request request;
    request.rules.sectors = std::uint64_t{1} << 40;
    request.header(VIRTIO_BLK_T_IN);
    const auto part = request.slice(kPart);
    request.writable.assign(kMaxTransferBytes / kPart, part);
    request.room(1);
    CHECK(request.parse().action == Action::Submit);
    request.writable.insert(request.writable.begin(), request.slice(512));
    CHECK(request.refusal() == VIRTIO_BLK_S_IOERR);
}

TEST_CASE("header, data and status may be split anywhere") {
    Request whole;
    whole.header(VIRTIO_BLK_T_IN, 3);
    const auto header = whole.arena.bytes(memory::GuestAddress{0x1000}, 16);

    Request request;
    request.bytes(std::span(header).first(1)).bytes(std::span(header).subspan(1, 9));
    request.bytes(std::span(header).subspan(10));
    request.room(500).room(13);
    const BlockRequest parsed = request.parse();
    REQUIRE(parsed.action == Action::Submit);
    CHECK(parsed.disk.offset == 3 * 512);
    CHECK(parsed.disk.length == 512);
    CHECK(parsed.disk.slices.size() == 2);
    CHECK(parsed.disk.slices[1].size() == 12);
}

TEST_CASE("header and data of a write may share a descriptor") {
    Request request;
    std::vector<std::byte> bytes(16 + 512);
    bytes[0] = std::byte{VIRTIO_BLK_T_OUT};
    bytes[8] = std::byte{99};
    request.bytes(bytes).room(1);
    const BlockRequest parsed = request.parse();
    REQUIRE(parsed.action == Action::Submit);
    CHECK(parsed.disk.operation == Operation::Write);
    CHECK(parsed.disk.offset == 99 * 512);
    CHECK(parsed.disk.length == 512);
    CHECK(parsed.data_length == 0);
}

TEST_CASE("transfers must be whole sectors on the disk") {
    const std::uint32_t type = GENERATE(as<std::uint32_t>{}, VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT);
    const auto refusal = [type](std::uint64_t sector, std::uint64_t length) {
        Request request;
        request.header(type, sector);
        type == VIRTIO_BLK_T_IN ? request.room(length) : request.data(length);
        request.room(1);
        const BlockRequest parsed = request.parse();
        return parsed.action == Action::Refuse ? parsed.refusal : VIRTIO_BLK_S_OK;
    };
    CHECK(refusal(99, 512) == VIRTIO_BLK_S_OK);
    CHECK(refusal(100, 0) == VIRTIO_BLK_S_OK);
    CHECK(refusal(0, 511) == VIRTIO_BLK_S_IOERR);
    CHECK(refusal(0, 513) == VIRTIO_BLK_S_IOERR);
    CHECK(refusal(99, 1024) == VIRTIO_BLK_S_IOERR);
    CHECK(refusal(100, 512) == VIRTIO_BLK_S_IOERR);
    CHECK(refusal(101, 0) == VIRTIO_BLK_S_IOERR);
    CHECK(refusal(std::numeric_limits<std::uint64_t>::max(), 512) == VIRTIO_BLK_S_IOERR);
    CHECK(refusal(std::numeric_limits<std::uint64_t>::max() / 512 + 1, 512) == VIRTIO_BLK_S_IOERR);
}

TEST_CASE("a request without room for a status byte is refused without one") {
    Request request;
    request.header(VIRTIO_BLK_T_OUT).data(512);
    CHECK(request.refusal() == VIRTIO_BLK_S_IOERR);
    CHECK(request.parse().status.remaining() == 0);
}

TEST_CASE("a short header is an error, not a read past it") {
    Request request;
    request.bytes(std::vector<std::byte>(15)).room(513);
    CHECK(request.refusal() == VIRTIO_BLK_S_IOERR);
    CHECK(request.parse().status.remaining() == 1);
    CHECK(Request().room(1).refusal() == VIRTIO_BLK_S_IOERR);
}

TEST_CASE("unknown request types are unsupported") {
    const std::uint32_t type = GENERATE(as<std::uint32_t>{}, 2, 3, 5, 10, 12, 14, 0x8000'0000);
    Request request;
    request.header(type).room(1);
    CHECK(request.refusal() == VIRTIO_BLK_S_UNSUPP);
}

TEST_CASE("a read-only disk refuses everything that changes it") {
    Request request;
    request.rules.read_only = true;
    SECTION("write") {
        request.header(VIRTIO_BLK_T_OUT).data(512);
    }
    SECTION("discard") {
        request.header(VIRTIO_BLK_T_DISCARD).range(0, 1);
    }
    SECTION("write zeroes") {
        request.header(VIRTIO_BLK_T_WRITE_ZEROES).range(0, 1);
    }
    request.room(1);
    CHECK(request.refusal() == VIRTIO_BLK_S_IOERR);
}

TEST_CASE("without FLUSH every write is durable") {
    Request request;
    request.rules.features = 0;
    request.header(VIRTIO_BLK_T_OUT).data(512).room(1);
    CHECK(request.parse().disk.durable);
}

TEST_CASE("flush needs nothing but a status") {
    Request request;
    request.header(VIRTIO_BLK_T_FLUSH, 12345).room(1);
    const BlockRequest parsed = request.parse();
    CHECK(parsed.action == Action::Submit);
    CHECK(parsed.disk.operation == Operation::Flush);
    CHECK(parsed.disk.offset == 0);
    CHECK(parsed.disk.length == 0);
}

TEST_CASE("the identity needs twenty bytes of room") {
    Request good;
    good.header(VIRTIO_BLK_T_GET_ID).room(20).room(1);
    const BlockRequest parsed = good.parse();
    CHECK(parsed.action == Action::Identify);
    CHECK(parsed.data_length == 20);
    CHECK(Request().header(VIRTIO_BLK_T_GET_ID).room(20).refusal() == VIRTIO_BLK_S_IOERR);
}

TEST_CASE("discard and write zeroes name one range on the disk") {
    Request discard;
    discard.header(VIRTIO_BLK_T_DISCARD).range(10, 20).room(1);
    const BlockRequest parsed = discard.parse();
    CHECK(parsed.action == Action::Submit);
    CHECK(parsed.disk.operation == Operation::Discard);
    CHECK(parsed.disk.offset == 10 * 512);
    CHECK(parsed.disk.length == 20 * 512);

    Request zeroes;
    zeroes.header(VIRTIO_BLK_T_WRITE_ZEROES).range(99, 1, 1).room(1);
    CHECK(zeroes.parse().disk.operation == Operation::WriteZeroes);
    CHECK(zeroes.parse().disk.may_unmap);
}

TEST_CASE("bad ranges are refused") {
    const std::uint32_t type =
        GENERATE(as<std::uint32_t>{}, VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES);
    Request request;
    request.header(type);
    int expected = VIRTIO_BLK_S_IOERR;
    SECTION("past the end") {
        request.range(99, 2);
    }
    SECTION("start past the end") {
        request.range(101, 0);
    }
    SECTION("sector that would wrap") {
        request.range(~std::uint64_t{0}, 2);
    }
    SECTION("no range") {}
    SECTION("half a range") {
        request.data(8);
    }
    SECTION("two ranges") {
        request.range(0, 1).range(1, 1);
    }
    SECTION("too many sectors") {
        request.rules.sectors = std::uint64_t{1} << 40;
        request.range(0, kMaxDiscardSectors + 1);
    }
    SECTION("unknown flags") {
        request.range(0, 1, 2);
        expected = VIRTIO_BLK_S_UNSUPP;
    }
    SECTION("not negotiated") {
        request.rules.features = 0;
        request.range(0, 1);
        expected = VIRTIO_BLK_S_UNSUPP;
    }
    request.room(1);
    CHECK(request.refusal() == expected);
}

TEST_CASE("discard has no unmap flag") {
    Request request;
    request.header(VIRTIO_BLK_T_DISCARD).range(0, 1, 1).room(1);
    CHECK(request.refusal() == VIRTIO_BLK_S_UNSUPP);
}

}  // namespace
}  // namespace bulkhead::block
