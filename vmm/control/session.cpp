#include "vmm/control/session.h"

#include <utility>

#include "base/log.h"
#include "vmm/control/launch_message.h"
#include "vmm/control/vmm_messages.h"
#include "vmm/machine/machine_builder.h"

namespace bulkhead::control {

namespace {

// How long a host that does not read its socket can keep an ended VM's process alive.
constexpr std::chrono::seconds kFinishDeadline{10};

}  // namespace

Session::Session(EventLoop& loop, std::unique_ptr<ControlChannel> channel,
                 lockdown::EnterRole enter_role)
    : loop_(loop), channel_(std::move(channel)), enter_role_(std::move(enter_role)) {}

Session::~Session() = default;

void Session::launch(Packet packet) {
    steps_.record("received");
    auto built = build(std::move(packet));
    if (!built) {
        finish({.reason = machine::EndReason::LaunchFailed,
                .detail = built.error().message(),
                .console_bytes_dropped = 0});
        return;
    }
    channel_->listen({
        .on_packet = [this](Packet received) { on_packet(std::move(received)); },
        .on_closed = [this] { machine_->stop(machine::EndReason::Stopped, "the host has gone"); },
    });
    channel_->send(encode_started(steps_));
    machine_->start();
}

Result<void> Session::build(Packet packet) {
    auto config = TRY_CONTEXT(parse_launch(std::move(packet)), "launch message");
    const bool pause_at_first_stream = config.pause_at_first_stream;
    auto parts =
        TRY(machine::build_machine({loop_, *this, steps_, enter_role_}, std::move(config)));
    machine_ = std::make_unique<machine::Machine>(
        loop_, std::move(parts), [this](const machine::EndReport& report) { finish(report); },
        enter_role_);
    if (pause_at_first_stream) pause_at_stream();
    return {};
}

void Session::on_packet(Packet packet) {
    auto command = parse_host_command(std::move(packet));
    if (!command) {
        machine_->stop(machine::EndReason::InternalError, command.error().message());
        return;
    }
    obey(std::move(*command));
}

void Session::obey(HostCommand command) {
    if (auto* open = std::get_if<OpenStream>(&command)) {
        machine_->open_stream(open->port, std::move(open->socket));
    } else if (const auto* balloon = std::get_if<SetBalloon>(&command)) {
        machine_->set_balloon(balloon->bytes);
    } else if (std::holds_alternative<Pause>(command)) {
        pause();
    } else if (std::holds_alternative<PauseAtStream>(command)) {
        pause_at_stream();
    } else if (std::holds_alternative<Resume>(command)) {
        machine_->resume();
    } else if (auto* wanted = std::get_if<Save>(&command)) {
        save(std::move(*wanted));
    } else if (std::holds_alternative<TakeWrites>(command)) {
        channel_->send(encode_writes(machine_->take_writes()));
    } else if (const auto* devices = std::get_if<SetDeviceLimits>(&command)) {
        channel_->send(encode_device_limits(machine_->set_device_limits(devices->limits)));
    } else {
        machine_->stop(machine::EndReason::Stopped, "");
    }
}

void Session::pause() {
    machine_->pause([this] { channel_->send(encode_paused()); });
}

void Session::pause_at_stream() {
    machine_->wait_at_stream([this] { pause(); });
}

void Session::save(Save wanted) {
    machine_->save(std::move(wanted.files), wanted.swap, [this](const Result<void>& saved) {
        channel_->send(encode_saved(saved ? std::string() : saved.error().message()));
    });
}

bool Session::stream_opened(std::uint32_t port, UniqueFd socket) {
    return channel_->send_for_guest(encode_stream_opened(port), std::move(socket));
}

void Session::finish(const machine::EndReport& report) {
    deadline_ = loop_.after(kFinishDeadline, [this] {
        log::error("the host did not read how the VM ended");
        loop_.stop();
    });
    channel_->finish(encode_ended(report), [this] { loop_.stop(); });
}

}  // namespace bulkhead::control
