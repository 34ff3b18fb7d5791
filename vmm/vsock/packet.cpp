#include "vmm/vsock/packet.h"

#include <linux/virtio_vsock.h>

#include <bit>

#include "base/wire.h"

namespace bulkhead::vsock {

static_assert(kHeaderSize == sizeof(virtio_vsock_hdr));
static_assert(kTypeStream == VIRTIO_VSOCK_TYPE_STREAM);
static_assert(static_cast<int>(Operation::Request) == VIRTIO_VSOCK_OP_REQUEST &&
              static_cast<int>(Operation::CreditRequest) == VIRTIO_VSOCK_OP_CREDIT_REQUEST);
static_assert(kShutdownReceive == VIRTIO_VSOCK_SHUTDOWN_RCV &&
              kShutdownSend == VIRTIO_VSOCK_SHUTDOWN_SEND);

// base/wire.h asserts a little-endian host, so the structure's fields are plain integers.
Header parse_header(const HeaderBytes& bytes) {
    const auto wire = std::bit_cast<virtio_vsock_hdr>(bytes);
    return {.source_cid = wire.src_cid,
            .destination_cid = wire.dst_cid,
            .source_port = wire.src_port,
            .destination_port = wire.dst_port,
            .length = wire.len,
            .type = wire.type,
            .operation = Operation{wire.op},
            .flags = wire.flags,
            .buffer_allocation = wire.buf_alloc,
            .forward_count = wire.fwd_cnt};
}

HeaderBytes print_header(const Header& header) {
    const virtio_vsock_hdr wire{.src_cid = header.source_cid,
                                .dst_cid = header.destination_cid,
                                .src_port = header.source_port,
                                .dst_port = header.destination_port,
                                .len = header.length,
                                .type = header.type,
                                .op = static_cast<std::uint16_t>(header.operation),
                                .flags = header.flags,
                                .buf_alloc = header.buffer_allocation,
                                .fwd_cnt = header.forward_count};
    return std::bit_cast<HeaderBytes>(wire);
}

}  // namespace bulkhead::vsock
