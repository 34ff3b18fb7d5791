// The standard streams of a container's first process: to its log and to the clients that are
// attached. Thread: loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "host/engine/input.h"
#include "host/engine/output.h"
#include "host/sandbox/stdio.h"

namespace bulkhead::engine {

// The client's ends of its streams.
struct ClientStreams {
    UniqueFd input;  // invalid where there is none
    UniqueFd output;
    UniqueFd error;
};

class ContainerStdio final : public sandbox::Stdio {
  public:
    enum class Source { Output, Error };

    struct Plan {
        bool input = false;
        bool input_once = false;
        bool error = true;  // a terminal has one output
    };

    // `log` takes everything that comes out; `on_drained` is called once, when all of it has.
    ContainerStdio(EventLoop& loop, const Plan& plan,
                   const std::function<void(Source, std::span<const std::byte>)>& log,
                   std::function<void()> on_drained);

    // `input`: the client wants to write to it as well.
    Result<ClientStreams> attach(bool input);

    // Nobody reads this output any more: who writes to it is told.
    void close_output(Source source);

    // Bytes in both directions.
    [[nodiscard]] std::uint64_t traffic() const;

    [[nodiscard]] const sandbox::StreamPorts& ports() const override { return ports_; }

    bool accept(std::uint32_t port, UniqueFd stream) override;
    void no_more_streams() override;
    [[nodiscard]] bool drained() const override;
    [[nodiscard]] std::uint64_t output_count() const override;
    [[nodiscard]] bool waits_for_guest() const override;

  private:
    Result<void> connect(std::uint32_t port, UniqueFd stream);
    void on_ended();

    sandbox::StreamPorts ports_;
    std::function<void()> on_drained_;
    bool input_connected_ = false;
    std::optional<Input> input_;
    Output output_;
    std::optional<Output> error_;
};

}  // namespace bulkhead::engine
