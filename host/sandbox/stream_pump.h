// Copies one direction of a standard stream until its source ends or its sink is gone. At most one
// buffer is held, and nothing is read while the sink is full: back-pressure reaches the guest.
// Thread: loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "base/event_loop.h"
#include "base/scratch.h"
#include "host/sandbox/stream_end.h"

namespace bulkhead::sandbox {

class StreamPump {
  public:
    static constexpr std::size_t kBufferBytes = 64 * 1024;

    // `on_done` is called once, from the loop; it may destroy the pump.
    StreamPump(EventLoop& loop, StreamEnd source, StreamEnd sink, std::function<void()> on_done);

    // Sees what was read before it is passed on: may change it in its place, and gives how many
    // bytes are left of it, at most kFilterRoom more than there were.
    using Filter = std::function<std::size_t(std::span<std::byte> buffer, std::size_t count)>;
    static constexpr std::size_t kFilterRoom = 16;

    void set_filter(Filter filter) { filter_ = std::move(filter); }

    // Bytes that have passed.
    [[nodiscard]] std::uint64_t count() const { return count_; }

    // Whether it ended because nobody takes the bytes, rather than because there are no more.
    [[nodiscard]] bool sink_failed() const { return sink_failed_; }

    // Whether it waits for its source, rather than for its sink.
    [[nodiscard]] bool waits_for_source() const { return pending_ == 0; }

  private:
    enum class Progress { More, Waiting, Done };
    enum class Waiting { Nothing, Source, Sink };

    void run();
    Progress step();
    Progress fill();
    Progress drain();
    Progress wait_for(Waiting what);
    void run_soon();
    void finish();

    EventLoop& loop_;
    StreamEnd source_;
    StreamEnd sink_;
    std::function<void()> on_done_;
    Filter filter_;
    Scratch buffer_;
    std::size_t start_ = 0;    // of the bytes that are still to be written
    std::size_t pending_ = 0;  // how many there are
    std::uint64_t count_ = 0;
    bool sink_failed_ = false;
    Waiting waiting_ = Waiting::Nothing;
    EventLoop::Handle wait_;
};

}  // namespace bulkhead::sandbox
