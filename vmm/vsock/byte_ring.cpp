#include "vmm/vsock/byte_ring.h"

#include <algorithm>

#include "base/check.h"

namespace bulkhead::vsock {

void ByteRing::append(const memory::GuestSlice& bytes) {
    BULKHEAD_CHECK(bytes.size() <= capacity_ - size_);
    // Not value-initialised: the pages stay untouched until they are used.
    if (bytes_ == nullptr) bytes_.reset(new std::byte[capacity_]);
    const std::size_t end = (begin_ + size_) % capacity_;
    const std::size_t first = std::min<std::size_t>(bytes.size(), capacity_ - end);
    bytes.part(0, first).copy_to({&bytes_[end], first});
    bytes.part(first, bytes.size() - first).copy_to({&bytes_[0], bytes.size() - first});
    size_ += bytes.size();
}

std::array<iovec, 2> ByteRing::runs() const {
    const std::size_t first = std::min(size_, capacity_ - begin_);
    return {iovec{.iov_base = bytes_.get() + begin_, .iov_len = first},
            iovec{.iov_base = bytes_.get(), .iov_len = size_ - first}};
}

void ByteRing::consume(std::size_t count) {
    BULKHEAD_CHECK(count <= size_);
    size_ -= count;
    if (size_ == 0) {
        clear();
        return;
    }
    begin_ = (begin_ + count) % capacity_;
}

void ByteRing::clear() {
    bytes_.reset();
    begin_ = 0;
    size_ = 0;
}

}  // namespace bulkhead::vsock
