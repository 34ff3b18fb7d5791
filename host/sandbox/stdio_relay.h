// The container's standard streams: numbers the ports that the guest shall dial, takes each stream
// once, and copies between it and our own descriptor. Thread: loop.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "host/sandbox/stream_pump.h"

namespace bulkhead::sandbox {

// Our side of the streams: descriptors that stay the caller's.
struct StdioPlan {
    std::optional<int> input;  // nothing: the container's standard input is /dev/null
    int output = 1;
    std::optional<int> error;  // nothing with a terminal, which has one output
};

struct StreamPorts {
    std::uint32_t input = 0;  // 0: not there
    std::uint32_t output = 0;
    std::uint32_t error = 0;
};

class StdioRelay {
  public:
    // `on_drained` is called once, when every output has ended.
    StdioRelay(EventLoop& loop, const StdioPlan& plan, std::function<void()> on_drained);

    [[nodiscard]] const StreamPorts& ports() const { return ports_; }

    // A stream that the guest opened. False, and the stream is closed, when the port was not
    // announced or has been used.
    bool accept(std::uint32_t port, UniqueFd stream);

    [[nodiscard]] bool drained() const;

    // The guest is gone: outputs that it never opened count as ended.
    void no_more_streams();

    // Bytes that have passed from the guest.
    [[nodiscard]] std::uint64_t output_count() const;

    // Whether every output that has not ended waits for the guest, rather than for our reader.
    [[nodiscard]] bool waits_for_guest() const;

  private:
    struct Output {
        std::uint32_t port = 0;
        int fd = -1;
        bool ended = true;
        std::unique_ptr<StreamPump> pump;
    };

    Result<void> start_input(UniqueFd stream);
    Result<void> start_output(Output& output, UniqueFd stream);
    void end_output(Output& output);

    EventLoop& loop_;
    StdioPlan plan_;
    std::function<void()> on_drained_;
    StreamPorts ports_;
    bool input_taken_ = false;
    std::unique_ptr<StreamPump> input_;
    std::array<Output, 2> outputs_;
};

}  // namespace bulkhead::sandbox
