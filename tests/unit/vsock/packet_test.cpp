#include "vmm/vsock/packet.h"

#include <linux/virtio_vsock.h>

#include <bit>

#include <catch2/catch.hpp>

namespace bulkhead::vsock {

namespace {

constexpr Header kHeader{.source_cid = 0x0102030405060708,
                         .destination_cid = 2,
                         .source_port = 0x11223344,
                         .destination_port = 1024,
                         .length = 5,
                         .type = 1,
                         .operation = Operation::Data,
                         .flags = 3,
                         .buffer_allocation = 0x40000,
                         .forward_count = 0xffffffff};

TEST_CASE("a header is printed as the kernel's structure") {
    const auto wire = std::bit_cast<virtio_vsock_hdr>(print_header(kHeader));
    CHECK(wire.src_cid == kHeader.source_cid);
    CHECK(wire.dst_cid == kHeader.destination_cid);
    CHECK(wire.src_port == kHeader.source_port);
    CHECK(wire.dst_port == kHeader.destination_port);
    CHECK(wire.len == kHeader.length);
    CHECK(wire.type == kHeader.type);
    CHECK(wire.op == VIRTIO_VSOCK_OP_RW);
    CHECK(wire.flags == kHeader.flags);
    CHECK(wire.buf_alloc == kHeader.buffer_allocation);
    CHECK(wire.fwd_cnt == kHeader.forward_count);
}

TEST_CASE("parsing a printed header gives the same header") {
    CHECK(parse_header(print_header(kHeader)) == kHeader);
}

TEST_CASE("an operation that does not exist is kept as it is") {
    Header header = kHeader;
    header.operation = Operation{0xfffe};
    CHECK(parse_header(print_header(header)) == header);
}

}  // namespace

}  // namespace bulkhead::vsock
