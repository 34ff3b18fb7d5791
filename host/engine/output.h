// One output stream of a container: what comes from the guest goes to the log and to every client
// that is attached. The slowest client sets the pace, and back-pressure reaches the guest; a client
// that is gone is forgotten. Thread: loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/scratch.h"
#include "base/unique_fd.h"
#include "host/sandbox/stream_end.h"

namespace bulkhead::engine {

class Output {
  public:
    using Log = std::function<void(std::span<const std::byte>)>;

    // `log` takes everything, in order; `on_ended` is called once.
    Output(EventLoop& loop, Log log, std::function<void()> on_ended);
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output();

    // The guest's stream. Before it comes, clients wait.
    Result<void> connect(UniqueFd stream);
    // It never came, and will not.
    void give_up();
    // Ends the stream at our side: the guest's writers get EPIPE.
    void close();

    // A stream socket whose other end is the client's. From now on it gets everything; when the
    // guest's stream ends, so does this one.
    Result<void> attach(UniqueFd client);

    [[nodiscard]] bool connected() const { return source_.has_value(); }

    [[nodiscard]] bool ended() const { return ended_; }

    [[nodiscard]] std::uint64_t count() const { return count_; }

    // Whether it waits for the guest, rather than for a client.
    [[nodiscard]] bool waits_for_guest() const { return pending_ == 0; }

  private:
    struct Client;

    void run();
    void run_soon();
    // Whether there is more to do at once.
    bool step();
    bool fill();
    bool drain();
    void end();

    EventLoop& loop_;
    Log log_;
    std::function<void()> on_ended_;
    std::optional<sandbox::StreamEnd> source_;
    EventLoop::Waiter source_ready_;
    std::vector<std::unique_ptr<Client>> clients_;
    Scratch buffer_;
    std::size_t pending_ = 0;  // bytes in the buffer that some client has not taken
    std::uint64_t count_ = 0;
    bool ended_ = false;
    EventLoop::Handle soon_;
};

}  // namespace bulkhead::engine
