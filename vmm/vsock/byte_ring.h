// ByteRing: a bounded first-in, first-out run of bytes. Takes memory only while it holds something.
// Thread: any one at a time.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "vmm/memory/guest_memory.h"

namespace bulkhead::vsock {

class ByteRing {
  public:
    explicit ByteRing(std::size_t capacity) : capacity_(capacity) {}

    [[nodiscard]] std::size_t size() const { return size_; }

    [[nodiscard]] bool empty() const { return size_ == 0; }

    // There must be room (a bug of ours otherwise).
    void append(const memory::GuestSlice& bytes);

    // All bytes, oldest first, in at most two runs.
    [[nodiscard]] std::array<iovec, 2> runs() const;
    // Drops the oldest bytes.
    void consume(std::size_t count);
    void clear();

  private:
    std::size_t capacity_;
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t begin_ = 0;
    std::size_t size_ = 0;
};

}  // namespace bulkhead::vsock
