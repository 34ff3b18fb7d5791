// A container's standard input: clients that are attached to it are read one after the other, in
// the order in which they came. Thread: loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/scratch.h"
#include "base/unique_fd.h"
#include "host/sandbox/stream_end.h"

namespace bulkhead::engine {

class Input {
  public:
    // `once`: the process sees the end of its input when the first client's has ended.
    Input(EventLoop& loop, bool once) : loop_(loop), once_(once) {}

    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;
    ~Input() = default;

    // The guest's stream.
    Result<void> connect(UniqueFd stream);

    // A stream socket whose other end is the client's.
    Result<void> attach(UniqueFd client);

    // Bytes that clients have given.
    [[nodiscard]] std::uint64_t count() const { return count_; }

  private:
    static constexpr std::size_t kBufferBytes = 64 * 1024;

    enum class Step { Moved, Waiting, Ended };

    void run();
    void run_soon();
    Step step();
    void next_client();
    void stop();

    EventLoop& loop_;
    bool once_;
    bool stopped_ = false;
    std::optional<sandbox::StreamEnd> sink_;
    EventLoop::Waiter sink_ready_;
    std::deque<sandbox::StreamEnd> clients_;
    EventLoop::Waiter client_ready_;  // of the first one
    Scratch buffer_{kBufferBytes};
    std::size_t start_ = 0;
    std::size_t pending_ = 0;
    std::uint64_t count_ = 0;
    EventLoop::Handle soon_;
};

}  // namespace bulkhead::engine
