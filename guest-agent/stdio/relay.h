// Relay: copies bytes one way between two descriptors, with back-pressure, until the source ends.
// The data stays in the kernel (splice) where the two descriptors allow it.
//
//   source ends          -> the sink is closed: a socket's or pipe's reader sees the end
//   either one breaks    -> both are closed: the writer gets SIGPIPE, the reader the end
//   finish()             -> what is in the source now is still copied, then as if it had ended
//   hold()               -> nothing is copied, whatever becomes of the two, until release()
//
// Thread: loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/event_loop.h"
#include "base/unique_fd.h"

namespace bulkhead::agent {

class Relay {
  public:
    // `on_done` runs once, when both descriptors have been closed; the relay may be destroyed in
    // it. Starts at once. Both descriptors become non-blocking.
    Relay(EventLoop& loop, UniqueFd source, UniqueFd sink, std::function<void()> on_done);
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;
    ~Relay() = default;

    // No more will come that is of interest, although someone may keep the source open.
    void finish();

    // Until release() or finish(). Before release() an end that has broken can be replaced.
    void hold();
    void replace_source(UniqueFd source);
    void replace_sink(UniqueFd sink);
    void release();

    // Nothing can be copied now: it waits for one of the two.
    [[nodiscard]] bool waits() const;

    [[nodiscard]] bool done() const { return !source_.valid(); }

  private:
    enum class Step { Moved, SourceEmpty, SinkFull, Over };

    void watch();
    void pump();
    void pump_soon();
    Step move_some();
    Step splice_some();
    Step copy_some();
    Step write_pending();
    [[nodiscard]] Step which_one_waits();
    void count(std::size_t moved);
    void close();

    EventLoop& loop_;
    UniqueFd source_;
    UniqueFd sink_;
    std::function<void()> on_done_;
    bool spliceable_ = true;
    bool held_ = false;
    std::vector<std::byte> pending_;        // read, but not yet written
    std::optional<std::size_t> remaining_;  // after finish(): bytes still to be read
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what finish() has posted
    EventLoop::Waiter source_ready_;                              // last: must go first
    EventLoop::Waiter sink_ready_;
};

}  // namespace bulkhead::agent
