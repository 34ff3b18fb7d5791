#include "vmm/virtio/descriptor_chain.h"

#include <string>

#include <catch2/catch.hpp>

#include "tests/support/driver_queue.h"

namespace bulkhead::virtio {
namespace {

using memory::GuestAddress;
using test::Buffer;
using test::DriverQueue;
using test::GuestArena;

constexpr std::uint16_t kSize = 8;

struct Table {
    GuestArena arena;
    DriverQueue queue{arena, kSize, kTransportFeatures};
    bool indirect = true;

    void set(std::uint16_t index, const Descriptor& descriptor) {
        queue.write_descriptor(index, descriptor);
    }

    // An indirect table at 0x8000, and descriptor 0 that points to it.
    void set_indirect(const std::vector<Descriptor>& entries) {
        const auto bytes = std::as_bytes(std::span(entries));
        REQUIRE(arena.memory().write_bytes(GuestAddress{0x8000}, bytes));
        set(0, {.address = 0x8000,
                .length = static_cast<std::uint32_t>(bytes.size()),
                .flags = kDescriptorIndirect});
    }

    ChainResult read(std::uint16_t head) {
        return read_chain({.memory = arena.memory(),
                           .start = queue.config().descriptor_table,
                           .size = kSize,
                           .indirect = indirect},
                          head);
    }

    std::string refusal(std::uint16_t head = 0) {
        const auto result = read(head);
        return result.chain ? "" : result.reason;
    }
};

TEST_CASE("a chain gives its readable and writable bytes in order") {
    Table table;
    table.set(3, {.address = 0x4000, .length = 16, .flags = kDescriptorNext, .next = 7});
    table.set(
        7,
        {.address = 0x5000, .length = 512, .flags = kDescriptorNext | kDescriptorWrite, .next = 0});
    table.set(0, {.address = 0x6000, .length = 1, .flags = kDescriptorWrite, .next = 9999});
    const auto result = table.read(3);
    REQUIRE(result.chain);
    CHECK(result.chain->head == 3);
    CHECK(result.chain->readable.remaining() == 16);
    CHECK(result.chain->writable.remaining() == 513);
}

TEST_CASE("descriptor indices are bounded by the queue") {
    Table table;
    CHECK(table.refusal(kSize) == "descriptor index out of range");
    CHECK(table.refusal(0xffff) == "descriptor index out of range");
    table.set(0, {.address = 0x4000, .length = 1, .flags = kDescriptorNext, .next = kSize});
    CHECK(table.refusal() == "descriptor index out of range");
}

TEST_CASE("a chain that goes in circles is refused") {
    Table table;
    table.set(0, {.address = 0x4000, .length = 1, .flags = kDescriptorNext, .next = 0});
    CHECK(table.refusal() == "chain longer than the queue");
    table.set(0, {.address = 0x4000, .length = 0, .flags = kDescriptorNext, .next = 1});
    table.set(1, {.address = 0x4000, .length = 0, .flags = kDescriptorNext, .next = 0});
    CHECK(table.refusal() == "chain longer than the queue");
}

TEST_CASE("a chain may use every descriptor of the queue") {
    Table table;
    for (std::uint16_t i = 0; i < kSize; ++i) {
        const bool last = i + 1 == kSize;
        table.set(i, {.address = 0x4000,
                      .length = 1,
                      .flags = static_cast<std::uint16_t>(last ? 0 : kDescriptorNext),
                      .next = static_cast<std::uint16_t>(i + 1)});
    }
    CHECK(table.refusal().empty());
}

TEST_CASE("readable descriptors come before writable ones") {
    Table table;
    table.set(
        0,
        {.address = 0x4000, .length = 1, .flags = kDescriptorNext | kDescriptorWrite, .next = 1});
    table.set(1, {.address = 0x4000, .length = 1});
    CHECK(table.refusal() == "readable descriptor after a writable one");
}

TEST_CASE("buffers must be RAM, in one region") {
    Table table;
    const std::uint64_t address =
        GENERATE(as<std::uint64_t>{}, GuestArena::kLowBytes, GuestArena::kLowBytes - 1,
                 GuestArena::kHighStart - 1, GuestArena::kHighStart + GuestArena::kHighBytes - 1,
                 ~std::uint64_t{0}, ~std::uint64_t{0} - 1);
    table.set(0, {.address = address, .length = 2});
    CHECK(table.refusal() == "buffer outside RAM");
}

TEST_CASE("zero-length descriptors are skipped, whatever their address") {
    Table table;
    table.set(0, {.address = ~std::uint64_t{0}, .length = 0, .flags = kDescriptorNext, .next = 1});
    table.set(1, {.address = 0x4000, .length = 5});
    const auto result = table.read(0);
    REQUIRE(result.chain);
    CHECK(result.chain->readable.remaining() == 5);
}

TEST_CASE("a chain of more than 4 GiB is refused before its addresses matter") {
    Table table;
    table.set(0, {.address = 0x4000, .length = 0x1000, .flags = kDescriptorNext, .next = 1});
    table.set(1, {.address = 0x4000, .length = 0xffff'ffff});
    CHECK(table.refusal() == "chain longer than 4 GiB");
}

TEST_CASE("an indirect table replaces the end of a chain") {
    Table table;
    table.set_indirect({{.address = 0x4000, .length = 4, .flags = kDescriptorNext, .next = 1},
                        {.address = 0x5000, .length = 6, .flags = kDescriptorWrite}});
    table.set(2, {.address = 0x4000, .length = 10, .flags = kDescriptorNext, .next = 0});

    SECTION("alone") {
        const auto result = table.read(0);
        REQUIRE(result.chain);
        CHECK(result.chain->readable.remaining() == 4);
        CHECK(result.chain->writable.remaining() == 6);
    }
    SECTION("after direct descriptors") {
        const auto result = table.read(2);
        REQUIRE(result.chain);
        CHECK(result.chain->head == 2);
        CHECK(result.chain->readable.remaining() == 14);
    }
    SECTION("not unless negotiated") {
        table.indirect = false;
        CHECK(table.refusal() == "indirect descriptor was not negotiated");
    }
}

TEST_CASE("an indirect table of a wrong size or place is refused") {
    Table table;
    Descriptor pointer{.address = 0x8000, .length = 16, .flags = kDescriptorIndirect};

    SECTION("empty") {
        pointer.length = 0;
    }
    SECTION("not whole descriptors") {
        pointer.length = 17;
    }
    SECTION("more entries than the queue") {
        pointer.length = 16 * (kSize + 1);
    }
    SECTION("huge") {
        pointer.length = 0xffff'fff0;
    }
    table.set(0, pointer);
    if (pointer.length != 16) {
        CHECK(table.refusal() == "indirect table has a bad size");
        return;
    }
    pointer.address = GuestArena::kLowBytes - 15;
    table.set(0, pointer);
    CHECK(table.refusal() == "indirect table outside RAM");
}

TEST_CASE("indirect tables do not nest, continue or point past their end") {
    Table table;
    table.set_indirect({{.address = 0x8000, .length = 16, .flags = kDescriptorIndirect}});
    CHECK(table.refusal() == "nested indirect descriptor");
    table.set_indirect({{.address = 0x4000, .length = 1, .flags = kDescriptorNext, .next = 1}});
    CHECK(table.refusal() == "indirect descriptor index out of range");
    table.set_indirect({{.address = 0x4000, .length = 1, .flags = kDescriptorNext, .next = 0}});
    CHECK(table.refusal() == "chain longer than the queue");
    table.set(0, {.address = 0x8000,
                  .length = 16,
                  .flags = kDescriptorIndirect | kDescriptorNext,
                  .next = 1});
    CHECK(table.refusal() == "indirect descriptor has a next");
}

}  // namespace
}  // namespace bulkhead::virtio
