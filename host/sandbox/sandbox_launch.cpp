// Sandbox: how its machine starts; from a snapshot, or by a boot when that is no good.
#include <csignal>
#include <utility>

#include "host/sandbox/failure_report.h"
#include "host/sandbox/sandbox.h"
#include "proto/agent.pb.h"

namespace bulkhead::sandbox {

Result<void> Sandbox::begin() {
    return launch(std::move(plan_.launch));
}

Result<void> Sandbox::launch(Launch launch) {
    stage_ = Stage::Launching;
    launch_ns_ = Trace::now();
    restored_ = launch.restore.has_value();
    disk_slots_ = launch.disks.size();
    memory_bytes_ = launch.shape.memory_bytes;
    Vm::Events events;
    events.started = [this](const VmStarted& started) { on_vm_started(started); };
    events.stream = [this](VmStream stream) { on_stream(std::move(stream)); };
    events.paused = [this] { on_vm_paused(); };
    events.saved = [this](const VmSaved& saved) { on_vm_saved(saved); };
    events.writes = [this](const VmWrites& writes) { on_vm_writes(writes); };
    events.device_limits = [this](const DeviceLimits& limits) { on_device_limits(limits); };
    events.ended = [this](VmEnd end) { on_vm_ended(std::move(end)); };
    vm_ = TRY(Vm::launch(loop_, plan_.vm, std::move(launch), std::move(events)));
    timer_ = loop_.after(plan_.start_timeout, [this] { on_timeout(); });
    trace_.step("start the monitor");
    return {};
}

void Sandbox::on_vm_started(const VmStarted& started) {
    if (stage_ != Stage::Launching) return;
    stage_ = Stage::Booting;
    trace_.step("monitor builds the machine");
    trace_.add(Trace::Track::Monitor, launch_ns_, started.steps);
}

// Before the agent called nothing has come from the snapshot but the machine itself. Somebody who
// kills it, and a host without memory, say nothing about the snapshot.
bool Sandbox::blames_snapshot(const VmEnd& end) const {
    if (!plan_.boot || killed_ || interrupted_by_) return false;
    return late_ || (!killed_silently(end) && end.said.cause != EndCause::Stopped);
}

void Sandbox::boot_instead(const VmEnd& end) {
    trace_.step("the template fails");
    const std::string why =
        std::exchange(late_, false) ? "its agent did not call in time" : describe_end(end);
    if (events_.restore_failed) events_.restore_failed(why);
    Launch boot = *std::exchange(plan_.boot, std::nullopt);
    plan_.start->set_prepared(false);
    const auto begun = launch(std::move(boot));
    if (begun) return;
    note_failure(begun.error().message());
    gave_up_ = true;
    on_vm_ended(end);
}

}  // namespace bulkhead::sandbox
