#include "vmm/vsock/rx_ring.h"

#include <algorithm>

#include "base/check.h"

namespace bulkhead::vsock {

std::size_t RxRing::acquire(std::size_t count) {
    BULKHEAD_CHECK(buffers_.empty());
    std::size_t useless = 0;
    while (buffers_.size() < count && useless < queue_->size()) {
        auto popped = queue_->pop();
        if (popped.broken) broken_ = popped.reason;
        if (!popped.chain) break;
        if (popped.chain->writable.remaining() > kHeaderSize) {
            add(*popped.chain);
        } else if (buffers_.empty()) {
            // No packet fits; the driver gets it back empty.
            queue_->push_used(popped.chain->head, 0);
            ++useless;
        } else {
            // Only the newest chains can be put back, so it must not stand behind some of ours.
            queue_->undo_pop();
            break;
        }
    }
    return buffers_.size();
}

void RxRing::add(virtio::Chain& chain) {
    Buffer buffer{.head = chain.head, .header_slice = slices_.size()};
    BULKHEAD_CHECK(chain.writable.take(kHeaderSize, slices_));
    buffer.payload_slice = slices_.size();
    buffer.capacity = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(chain.writable.remaining(), kMaxPayload));
    BULKHEAD_CHECK(chain.writable.take(buffer.capacity, slices_));
    buffer.end_slice = slices_.size();
    buffers_.push_back(buffer);
}

std::span<const iovec> RxRing::offer(std::uint64_t limit) {
    io_.clear();
    for (const Buffer& buffer : buffers_) {
        for (std::size_t at = buffer.payload_slice; at < buffer.end_slice && limit > 0; ++at) {
            const std::uint64_t length = std::min(limit, slices_[at].size());
            io_.push_back(slices_[at].part(0, length).io());
            limit -= length;
        }
    }
    return io_;
}

void RxRing::finish(std::span<const Header> packets) {
    BULKHEAD_CHECK(packets.size() <= buffers_.size());
    for (std::size_t unused = packets.size(); unused < buffers_.size(); ++unused) {
        queue_->undo_pop();
    }
    for (std::size_t at = 0; at < packets.size(); ++at) {
        write_header(buffers_[at], packets[at]);
        queue_->push_used(buffers_[at].head,
                          static_cast<std::uint32_t>(kHeaderSize) + packets[at].length);
    }
    buffers_.clear();
    slices_.clear();
}

void RxRing::write_header(const Buffer& buffer, const Header& header) const {
    const HeaderBytes bytes = print_header(header);
    std::span<const std::byte> rest(bytes);
    for (std::size_t at = buffer.header_slice; at < buffer.payload_slice; ++at) {
        slices_[at].copy_from(rest.first(slices_[at].size()));
        rest = rest.subspan(slices_[at].size());
    }
}

}  // namespace bulkhead::vsock
