#include "host/sandbox/stdio_relay.h"

#include <algorithm>

#include "base/log.h"
#include "proto/ports.h"

namespace bulkhead::sandbox {

StdioRelay::StdioRelay(EventLoop& loop, const StdioPlan& plan, std::function<void()> on_drained)
    : loop_(loop), plan_(plan), on_drained_(std::move(on_drained)) {
    std::uint32_t next = protocol::kFirstStreamPort;
    if (plan_.input) ports_.input = next++;
    ports_.output = next++;
    outputs_[0] = {ports_.output, plan_.output, false, nullptr};
    if (plan_.error) {
        ports_.error = next++;
        outputs_[1] = {ports_.error, *plan_.error, false, nullptr};
    }
}

bool StdioRelay::accept(std::uint32_t port, UniqueFd stream) {
    Result<void> started = Error("no stream is expected there");
    if (port != 0 && port == ports_.input && !input_taken_) {
        started = start_input(std::move(stream));
    } else if (port != 0) {
        for (Output& output : outputs_) {
            if (output.port == port && !output.ended && output.pump == nullptr) {
                started = start_output(output, std::move(stream));
                break;
            }
        }
    }
    if (!started) log::debug(started.error().message());
    return started.ok();
}

Result<void> StdioRelay::start_input(UniqueFd stream) {
    input_taken_ = true;
    StreamEnd source = TRY(StreamEnd::of_host(*plan_.input, Direction::Read));
    StreamEnd sink = TRY(StreamEnd::of_socket(std::move(stream)));
    // The pump stays when it is done: its socket carries our end of file to the guest.
    input_ = std::make_unique<StreamPump>(loop_, std::move(source), std::move(sink), [] {});
    return {};
}

Result<void> StdioRelay::start_output(Output& output, UniqueFd stream) {
    StreamEnd source = TRY(StreamEnd::of_socket(std::move(stream)));
    StreamEnd sink = TRY(StreamEnd::of_host(output.fd, Direction::Write));
    output.pump = std::make_unique<StreamPump>(loop_, std::move(source), std::move(sink),
                                               [this, &output] { end_output(output); });
    return {};
}

void StdioRelay::end_output(Output& output) {
    output.ended = true;
    output.pump.reset();
    if (drained()) on_drained_();
}

bool StdioRelay::drained() const {
    return std::all_of(outputs_.begin(), outputs_.end(),
                       [](const Output& output) { return output.ended; });
}

void StdioRelay::no_more_streams() {
    if (drained()) return;
    for (Output& output : outputs_) {
        if (output.pump == nullptr) output.ended = true;
    }
    if (drained()) on_drained_();
}

std::uint64_t StdioRelay::output_count() const {
    std::uint64_t count = 0;
    for (const Output& output : outputs_) count += output.pump ? output.pump->count() : 0;
    return count;
}

bool StdioRelay::waits_for_guest() const {
    return std::all_of(outputs_.begin(), outputs_.end(), [](const Output& output) {
        return output.pump == nullptr || output.pump->waits_for_source();
    });
}

}  // namespace bulkhead::sandbox
