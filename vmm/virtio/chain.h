// Chain: one descriptor chain that the driver made available, validated as a whole and copied once.
// virtio 1.2 §2.7.5 (descriptor table), §2.7.5.3 (indirect), §2.7.4 (readable before writable).
//
// Devices see cursors, never addresses. Thread: loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vmm/memory/guest_memory.h"

namespace bulkhead::virtio {

// A front-to-back cursor over slices of guest memory.
class SliceCursor {
  public:
    SliceCursor() = default;
    explicit SliceCursor(std::vector<memory::GuestSlice> slices);

    [[nodiscard]] std::uint64_t remaining() const { return remaining_; }

    // Takes the next `length` bytes as slices, for vectored I/O. False, and nothing taken, when
    // there are fewer.
    [[nodiscard]] bool take(std::uint64_t length, std::vector<memory::GuestSlice>& slices);

  protected:
    // Takes the last `length` bytes as slices; none when there are fewer.
    [[nodiscard]] std::vector<memory::GuestSlice> take_tail(std::uint64_t length);

    // Moves over `length` bytes, calling `use(slice)` for each contiguous part.
    template <class Use>
    void advance(std::uint64_t length, Use use);

  private:
    std::vector<memory::GuestSlice> slices_;
    std::size_t index_ = 0;     // the slice that the cursor is in
    std::uint64_t offset_ = 0;  // bytes of it that are behind the cursor
    std::uint64_t remaining_ = 0;
};

// What the driver wrote for the device.
class ChainReader : public SliceCursor {
  public:
    using SliceCursor::SliceCursor;

    // Copies the next bytes out. False, and nothing consumed, when there are fewer.
    [[nodiscard]] bool read(std::span<std::byte> buffer);
};

// Where the device writes for the driver.
class ChainWriter : public SliceCursor {
  public:
    using SliceCursor::SliceCursor;

    // Copies bytes in. False, and nothing written, when there is less room.
    [[nodiscard]] bool write(std::span<const std::byte> bytes);

    // Splits the last `length` bytes off into a writer of their own; empty when there are fewer.
    [[nodiscard]] ChainWriter split_tail(std::uint64_t length);
};

struct Chain {
    std::uint16_t head = 0;  // what push_used() wants back
    ChainReader readable;
    ChainWriter writable;
};

}  // namespace bulkhead::virtio
