#include "vmm/vsock/credit.h"

#include <algorithm>

#include "base/check.h"

namespace bulkhead::vsock {

void SendCredit::update(std::uint32_t buffer_allocation, std::uint32_t forward_count) {
    peer_buffer_ = buffer_allocation;
    peer_forwarded_ = forward_count;
    // Distances back from sent_ compare rightly for every window up to 4 GiB.
    const std::uint32_t under_way = sent_ - peer_forwarded_;
    while (count_ > 0 && sent_ - groups_[first_].end >= under_way) {
        packets_under_way_ -= groups_[first_].packets;
        first_ = (first_ + 1) % kGroups;
        --count_;
    }
}

void SendCredit::sent(std::uint32_t bytes) {
    BULKHEAD_CHECK(bytes <= this->bytes());
    sent_ += bytes;
    ++packets_under_way_;
    const std::uint32_t group_size = packet_limit() / kGroups + 1;
    if (count_ == 0 || (newest().packets >= group_size && count_ < kGroups)) {
        ++count_;
        newest() = {};
    }
    newest().end = sent_;
    ++newest().packets;
}

std::uint32_t SendCredit::bytes() const {
    const std::uint32_t under_way = sent_ - peer_forwarded_;
    // The guest may have made its buffer smaller than what is under way.
    return peer_buffer_ > under_way ? peer_buffer_ - under_way : 0;
}

std::uint32_t SendCredit::packet_limit() const {
    // One packet always: a buffer smaller than the overhead is of a guest without this rule.
    return std::max<std::uint32_t>(1, peer_buffer_ / kPacketOverhead);
}

std::uint32_t SendCredit::packets() const {
    const std::uint32_t limit = packet_limit();
    return limit > packets_under_way_ ? limit - packets_under_way_ : 0;
}

bool ReceiveCredit::receive(std::uint32_t bytes) {
    if (bytes > buffer_ - held()) return false;
    received_ += bytes;
    return true;
}

void ReceiveCredit::forwarded(std::uint32_t bytes) {
    BULKHEAD_CHECK(bytes <= held());
    forwarded_ += bytes;
}

bool ReceiveCredit::update_due(std::uint32_t peer_buffer) const {
    if (forwarded_ == told_) return false;
    const std::uint32_t window = std::min(buffer_, peer_buffer);
    return received_ - told_ >= window - window / 2;
}

void ReceiveCredit::tell(Header& header) {
    header.buffer_allocation = buffer_;
    header.forward_count = forwarded_;
    told_ = forwarded_;
}

}  // namespace bulkhead::vsock
