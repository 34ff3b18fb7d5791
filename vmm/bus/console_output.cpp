#include "vmm/bus/console_output.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace bulkhead::bus {

namespace {

constexpr std::size_t kChunk = 4096;
// A guest that prints without pause must not keep the loop from its other work.
constexpr std::size_t kChunksPerFlush = ConsoleOutput::kMaxPending / kChunk;

}  // namespace

ConsoleOutput::ConsoleOutput(EventLoop& loop, UniqueFd output)
    : loop_(loop), output_(std::move(output)), failed_(!output_.valid()) {}

void ConsoleOutput::put(std::byte byte) {
    const std::scoped_lock lock(mutex_);
    if (!output_.valid()) return;
    if (failed_ || pending_.size() >= kMaxPending) {
        ++dropped_;
        return;
    }
    pending_.push_back(byte);
    if (!std::exchange(scheduled_, true)) loop_.post([this] { schedule(); });
}

void ConsoleOutput::schedule() {
    timer_ = loop_.after(kFlushDelay, [this] { flush(); });
}

void ConsoleOutput::flush() {
    std::array<std::byte, kChunk> chunk{};
    for (std::size_t chunks = 0; chunks < kChunksPerFlush;) {
        const std::size_t count = peek(chunk);
        if (count == 0) {
            writable_.reset();
            return;
        }
        const ssize_t written = ::write(output_.get(), chunk.data(), count);
        if (written >= 0) {
            consume(static_cast<std::size_t>(written));
            ++chunks;
        } else if (errno == EAGAIN) {
            if (!writable_.active()) {
                writable_ =
                    loop_.watch(output_.get(), EventLoop::Interest::Write, [this] { flush(); });
            }
            return;
        } else if (errno != EINTR) {
            give_up();
            return;
        }
    }
    if (!writable_.active()) schedule();
}

void ConsoleOutput::finish() {
    flush();
    give_up();
}

std::uint64_t ConsoleOutput::dropped() const {
    const std::scoped_lock lock(mutex_);
    return dropped_;
}

// Copies from the front of the queue. When there is nothing, the next byte schedules a flush again.
std::size_t ConsoleOutput::peek(std::span<std::byte> buffer) {
    const std::scoped_lock lock(mutex_);
    const std::size_t count = std::min(buffer.size(), pending_.size());
    std::copy_n(pending_.begin(), count, buffer.begin());
    if (count == 0) scheduled_ = false;
    return count;
}

void ConsoleOutput::consume(std::size_t count) {
    const std::scoped_lock lock(mutex_);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
}

void ConsoleOutput::give_up() {
    const std::scoped_lock lock(mutex_);
    failed_ = true;
    dropped_ += pending_.size();
    pending_.clear();
    pending_.shrink_to_fit();
    writable_.reset();
}

}  // namespace bulkhead::bus
