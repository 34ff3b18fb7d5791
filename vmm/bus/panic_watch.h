// PanicWatch: recognises a Linux kernel panic in the console's bytes, so that the reset after it
// can be told from an orderly one.
//
// A guest that prints the same words without a panic only mislabels its own end. Thread: any,
// internally locked.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

namespace bulkhead::bus {

class PanicWatch {
  public:
    // Longer lines are cut. The kernel's message is at the front.
    static constexpr std::size_t kMaxLine = 256;

    void put(std::byte byte);

    // The first panic's line, or empty when there was none. Printable ASCII only.
    [[nodiscard]] std::string message() const;

  private:
    mutable std::mutex mutex_;  // guards everything below
    std::string line_;
    std::string panic_;
};

}  // namespace bulkhead::bus
