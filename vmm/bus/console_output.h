// ConsoleOutput: takes the console's bytes from the vCPU threads and writes them to a descriptor
// from the loop thread. A guest that prints faster than the reader reads loses bytes: they are
// counted, and neither the guest nor the VMM waits. The queue is bounded by kMaxPending.
//
// Errors: a descriptor that fails (reader gone) is given up; what follows is dropped and counted.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "base/event_loop.h"
#include "base/unique_fd.h"

namespace bulkhead::bus {

class ConsoleOutput {
  public:
    static constexpr std::size_t kMaxPending = 64 * 1024;
    // Bytes arrive one at a time; waiting this long turns a line into one write.
    static constexpr std::chrono::milliseconds kFlushDelay{5};

    // `output` must be non-blocking unless it is a regular file; without a descriptor every byte is
    // dropped and not counted. The loop must not run after this is destroyed.
    ConsoleOutput(EventLoop& loop, UniqueFd output);

    // Thread: any.
    void put(std::byte byte);

    // Writes what can be written now. Thread: loop, or any when the loop is not running.
    void flush();

    // Writes what can be written now and gives up the rest, and whatever comes later.
    void finish();

    // Bytes lost so far. Thread: any.
    [[nodiscard]] std::uint64_t dropped() const;

  private:
    void schedule();
    [[nodiscard]] std::size_t peek(std::span<std::byte> buffer);
    void consume(std::size_t count);
    void give_up();

    EventLoop& loop_;
    UniqueFd output_;

    mutable std::mutex mutex_;  // guards the next four
    std::vector<std::byte> pending_;
    std::uint64_t dropped_ = 0;
    bool scheduled_ = false;  // a flush is on its way, or waits for room
    bool failed_ = false;

    // Loop thread only.
    EventLoop::Handle timer_;
    EventLoop::Handle writable_;
};

}  // namespace bulkhead::bus
