// Scratch: room for bytes that are written before they are read. It is not zeroed, so what is never
// used costs neither time nor memory. Thread: any one at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace bulkhead {

class Scratch {
  public:
    explicit Scratch(std::size_t size)
        : bytes_(std::make_unique_for_overwrite<std::byte[]>(size)), size_(size) {}

    [[nodiscard]] std::span<std::byte> bytes() const { return {bytes_.get(), size_}; }

  private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t size_;
};

}  // namespace bulkhead
