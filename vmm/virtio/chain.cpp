#include "vmm/virtio/chain.h"

#include <algorithm>

namespace bulkhead::virtio {

using memory::GuestSlice;

SliceCursor::SliceCursor(std::vector<GuestSlice> slices) : slices_(std::move(slices)) {
    for (const auto& slice : slices_) remaining_ += slice.size();
}

template <class Use>
void SliceCursor::advance(std::uint64_t length, Use use) {
    remaining_ -= length;
    while (length > 0) {
        const GuestSlice& current = slices_[index_];
        const std::uint64_t count = std::min(length, current.size() - offset_);
        use(current.part(offset_, count));
        length -= count;
        offset_ += count;
        if (offset_ == current.size()) {
            ++index_;
            offset_ = 0;
        }
    }
}

bool SliceCursor::take(std::uint64_t length, std::vector<GuestSlice>& slices) {
    if (length > remaining_) return false;
    advance(length, [&](const GuestSlice& slice) {
        if (slice.size() > 0) slices.push_back(slice);
    });
    return true;
}

std::vector<GuestSlice> SliceCursor::take_tail(std::uint64_t length) {
    std::vector<GuestSlice> tail;
    if (length > remaining_) return tail;
    remaining_ -= length;
    while (length > 0) {
        const GuestSlice last = slices_.back();
        const std::uint64_t consumed = index_ + 1 == slices_.size() ? offset_ : 0;
        const std::uint64_t count = std::min(length, last.size() - consumed);
        if (count > 0) tail.push_back(last.part(last.size() - count, count));
        slices_.back() = last.part(0, last.size() - count);
        length -= count;
        if (length > 0) slices_.pop_back();
    }
    // The cursor may stand at the end of what is left.
    if (remaining_ == 0) {
        slices_.clear();
        index_ = 0;
        offset_ = 0;
    }
    std::reverse(tail.begin(), tail.end());
    return tail;
}

bool ChainReader::read(std::span<std::byte> buffer) {
    if (buffer.size() > remaining()) return false;
    advance(buffer.size(), [&](const GuestSlice& slice) {
        slice.copy_to(buffer.first(slice.size()));
        buffer = buffer.subspan(slice.size());
    });
    return true;
}

bool ChainWriter::write(std::span<const std::byte> bytes) {
    if (bytes.size() > remaining()) return false;
    advance(bytes.size(), [&](const GuestSlice& slice) {
        slice.copy_from(bytes.first(slice.size()));
        bytes = bytes.subspan(slice.size());
    });
    return true;
}

ChainWriter ChainWriter::split_tail(std::uint64_t length) {
    return ChainWriter(take_tail(length));
}

}  // namespace bulkhead::virtio
