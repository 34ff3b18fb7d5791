#include "host/engine/container_stdio.h"

#include <sys/socket.h>

#include <utility>

#include "base/log.h"
#include "base/syscalls.h"
#include "proto/ports.h"

namespace bulkhead::engine {

ContainerStdio::ContainerStdio(EventLoop& loop, const Plan& plan,
                               const std::function<void(Source, std::span<const std::byte>)>& log,
                               std::function<void()> on_drained)
    : on_drained_(std::move(on_drained)),
      output_(
          loop, [log](auto bytes) { log(Source::Output, bytes); }, [this] { on_ended(); }) {
    std::uint32_t next = protocol::kFirstStreamPort;
    if (plan.input) {
        ports_.input = next++;
        input_.emplace(loop, plan.input_once);
    }
    ports_.output = next++;
    if (plan.error) {
        ports_.error = next++;
        error_.emplace(
            loop, [log](auto bytes) { log(Source::Error, bytes); }, [this] { on_ended(); });
    }
}

Result<ClientStreams> ContainerStdio::attach(bool input) {
    ClientStreams client;
    auto output = TRY(make_socketpair(SOCK_STREAM));
    TRY(output_.attach(std::move(output.first)));
    client.output = std::move(output.second);
    if (error_) {
        auto error = TRY(make_socketpair(SOCK_STREAM));
        TRY(error_->attach(std::move(error.first)));
        client.error = std::move(error.second);
    }
    if (input && input_) {
        auto pair = TRY(make_socketpair(SOCK_STREAM));
        TRY(input_->attach(std::move(pair.first)));
        client.input = std::move(pair.second);
    }
    return client;
}

void ContainerStdio::close_output(Source source) {
    if (source == Source::Output) {
        output_.close();
    } else if (error_) {
        error_->close();
    }
}

bool ContainerStdio::accept(std::uint32_t port, UniqueFd stream) {
    const auto connected = connect(port, std::move(stream));
    if (!connected) log::debug(connected.error().message());
    return connected.ok();
}

Result<void> ContainerStdio::connect(std::uint32_t port, UniqueFd stream) {
    if (port != 0 && port == ports_.input && !std::exchange(input_connected_, true))
        return input_->connect(std::move(stream));
    if (port == ports_.output && !output_.connected() && !output_.ended())
        return output_.connect(std::move(stream));
    if (port != 0 && port == ports_.error && !error_->connected() && !error_->ended())
        return error_->connect(std::move(stream));
    return Error("no stream is expected there");
}

void ContainerStdio::no_more_streams() {
    output_.give_up();
    if (error_) error_->give_up();
}

bool ContainerStdio::drained() const {
    return output_.ended() && (!error_ || error_->ended());
}

void ContainerStdio::on_ended() {
    if (drained()) on_drained_();
}

std::uint64_t ContainerStdio::output_count() const {
    return output_.count() + (error_ ? error_->count() : 0);
}

std::uint64_t ContainerStdio::traffic() const {
    return output_count() + (input_ ? input_->count() : 0);
}

bool ContainerStdio::waits_for_guest() const {
    const auto waits = [](const Output& output) {
        return output.ended() || output.waits_for_guest();
    };
    return waits(output_) && (!error_ || waits(*error_));
}

}  // namespace bulkhead::engine
