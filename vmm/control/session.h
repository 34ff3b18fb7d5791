// Session: one VM from the host's launch message to the Ended packet, which is always the last.
//
//     launch() -> Started -> StreamOpened ... -> Ended -> the loop stops
//          \-> Ended (launch failed) -> the loop stops
//
// A host that closes the socket ends the VM. One that does not read it gets no more streams until
// it does: a guest opens them as fast as it likes, and must not come to harm by a host that is
// slow. Thread: loop.
#pragma once

#include <memory>
#include <optional>

#include "base/event_loop.h"
#include "base/packet_channel.h"
#include "vmm/control/control_channel.h"
#include "vmm/control/host_command.h"
#include "vmm/lockdown/role.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/start_steps.h"
#include "vmm/vsock/stream_host.h"

namespace bulkhead::control {

class Session final : private vsock::StreamHost {
  public:
    // The loop must outlive the session and not run after it.
    // `enter_role` is for the machine's threads; it may be empty.
    Session(EventLoop& loop, std::unique_ptr<ControlChannel> channel,
            lockdown::EnterRole enter_role = {});
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() override;

    // Builds and starts the VM that the first packet describes.
    void launch(Packet packet);

  private:
    Result<void> build(Packet packet);
    void on_packet(Packet packet);
    void obey(HostCommand command);
    void pause();
    void pause_at_stream();
    void save(Save wanted);
    bool stream_opened(std::uint32_t port, UniqueFd socket) override;
    void finish(const machine::EndReport& report);

    EventLoop& loop_;
    std::unique_ptr<ControlChannel> channel_;
    lockdown::EnterRole enter_role_;
    machine::StartSteps steps_;
    std::unique_ptr<machine::Machine> machine_;
    EventLoop::Handle deadline_;  // for a host that never reads Ended
};

}  // namespace bulkhead::control
