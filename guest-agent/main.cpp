// bulkhead-agent: PID 1 of the guest. Sets up its own surroundings, dials the host, and serves what
// the host asks for until the host is gone; then it resets the machine.
#include <unistd.h>

#include <csignal>
#include <exception>
#include <memory>

#include "base/log.h"
#include "base/text.h"
#include "base/thread_memory.h"
#include "guest-agent/container/reaper.h"
#include "guest-agent/container/supervisor.h"
#include "guest-agent/init/early_mounts.h"
#include "guest-agent/init/filter_memory.h"
#include "guest-agent/init/host_line.h"
#include "guest-agent/init/machine.h"
#include "guest-agent/init/self_protection.h"
#include "guest-agent/network/loopback.h"
#include "guest-agent/service/service.h"
#include "guest-agent/stdio/vsock_dialer.h"
#include "proto/agent.pb.h"

namespace {

using namespace bulkhead;
using namespace bulkhead::agent;

Result<void> prepare_machine(const v1::StartRequest& request) {
    TRY(set_clock(request.realtime_ns()));
    return add_entropy(std::as_bytes(std::span(request.entropy())));
}

// Everything up to the fork of the launcher happens in a process with one thread.
Result<Launcher> prepare() {
    TRY_CONTEXT(mount_early(), "early mounts");
    stop_proactive_compaction();
    TRY_CONTEXT(protect_self("/sys/fs/cgroup"), "self-protection");
    TRY(set_inherited_limits());
    TRY(loopback_up());
    return Launcher::fork().context("launcher");
}

Result<void> run() {
    TRY(share_thread_memory());
    Timeline timeline;
    timeline.mark("agent executed");
    ::signal(SIGPIPE, SIG_IGN);
    UniqueFd children = TRY(Reaper::make_signal_source());
    Launcher launcher = TRY(prepare());
    TRY(raise_own_limits());
    const UniqueFd filter_memory = TRY_CONTEXT(keep_filter_memory(), "memory for filters");

    EventLoop loop;
    VsockDialer dialer;
    GuestRoot root("/run/bulkhead");
    Supervisor supervisor({.loop = loop,
                           .launcher = launcher,
                           .dialer = dialer,
                           .root = root,
                           .timeline = timeline,
                           .prepare_machine = prepare_machine,
                           .cgroup_parent = "/sys/fs/cgroup"});
    const Reaper reaper(
        loop, std::move(children), [&] { supervisor.before_reaping(); },
        [&](pid_t pid, ExitStatus status) { supervisor.reaped(pid, status); });

    std::unique_ptr<HostLine> host;
    const auto service = TRY(Service::create(
        {.loop = loop, .supervisor = supervisor, .timeline = timeline, .on_shutdown_answered = [&] {
             host->when_sent([] { reset_machine(); });
         }}));
    host = std::make_unique<HostLine>(HostLine::Parts{
        .loop = loop,
        .dialer = dialer,
        .serve = [&](UniqueFd stream) { service->adopt(std::move(stream)); },
        .redials = [&] { return supervisor.may_move(); },
        .on_lost = [&] { supervisor.shutdown([](const auto&) { reset_machine(); }); }});
    TRY_CONTEXT(host->call(), "calling the host");
    timeline.mark("agent ready");
    loop.run();
    return {};
}

}  // namespace

int main() {
    constexpr int kUsage = 64;
    constexpr int kSoftware = 70;
    log::configure("bulkhead-agent", log::Level::Info);
    if (::getpid() != 1) {
        log::error("this is the first process of a guest, and does nothing anywhere else");
        return kUsage;
    }
    try {
        if (auto ran = run(); !ran) log::error(ran.error().message());
    } catch (const std::exception& error) {
        log::error(concat("exception: ", error.what()));
        return kSoftware;
    }
    reset_machine();
}
