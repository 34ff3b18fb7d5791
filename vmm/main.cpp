// bulkhead-vmm: one process for one VM. Started with one socket at descriptor 3; everything else
// comes over it (proto/vmm.proto). It opens no file by name.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>

#include "base/event_loop.h"
#include "base/log.h"
#include "base/packet_channel.h"
#include "base/thread_memory.h"
#include "proto/ports.h"
#include "vmm/control/control_channel.h"
#include "vmm/control/session.h"
#include "vmm/lockdown/lockdown.h"

namespace {

using bulkhead::Result;

constexpr int kFailed = 1;

// Something below threw, which ours do not. vCPUs may be waiting for the loop, so nothing can be
// taken down in order any more.
[[noreturn]] void die(const std::exception& error) {
    bulkhead::log::error(error.what());
    std::_Exit(bulkhead::lockdown::kExitOfBug);
}

// A thread that cannot lose its rights must not do its work.
void enter_role(bulkhead::lockdown::Role role) {
    const auto entered = bulkhead::lockdown::enter(role);
    if (entered) return;
    bulkhead::log::error(entered.error().message());
    ::_exit(kFailed);
}

void run_loop(bulkhead::EventLoop& loop) {
    try {
        loop.run();
    } catch (const std::exception& error) {
        die(error);
    }
}

Result<void> run(bulkhead::PacketChannel host) {
    auto launch = TRY_CONTEXT(host.receive(), "waiting for the launch message");
    if (!launch)
        return bulkhead::Error("the host closed the socket before it sent a launch message");
    bulkhead::EventLoop loop;
    auto channel = TRY(bulkhead::control::ControlChannel::create(loop, std::move(host)));
    bulkhead::control::Session session(loop, std::move(channel), enter_role);
    loop.post([&] { session.launch(std::move(*launch)); });
    run_loop(loop);
    return {};
}

int start() {
    bulkhead::log::configure("bulkhead-vmm", bulkhead::log::Level::Info);
    // A reader of the console that goes away is no reason to die.
    std::signal(SIGPIPE, SIG_IGN);
    bulkhead::UniqueFd control(bulkhead::protocol::kVmmControlDescriptor);
    auto result = bulkhead::share_thread_memory();
    if (result) result = bulkhead::lockdown::lock_down();
    if (result) result = run(bulkhead::PacketChannel(std::move(control)));
    if (result) return 0;
    bulkhead::log::error(result.error().message());
    return kFailed;
}

}  // namespace

int main() {
    try {
        return start();
    } catch (const std::exception& error) {
        die(error);
    }
}
