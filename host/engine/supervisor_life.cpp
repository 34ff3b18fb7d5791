// The supervisor's own decisions: when the container starts, starts again and ends.
#include <unistd.h>

#include <csignal>
#include <utility>

#include "base/log.h"
#include "base/realtime.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/engine/supervisor.h"
#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

namespace wire = supervisor::v1;

sandbox::SandboxEnd start_failure(const Error& error) {
    sandbox::SandboxEnd end;
    end.message = error.message();
    return end;
}

}  // namespace

// What the disk will not take is a warning: the container's life goes on.
void Supervisor::note(const Result<void>& written) const {
    if (!written) log::warning(written.error().message());
}

void Supervisor::make_run() {
    run_ended_ = false;
    run_ = std::make_unique<Run>(
        Run::Parts{loop_, *parts_.config, parts_.files, parts_.places, confinement_,
                   parts_.templates, parts_.faults},
        Run::Events{
            [this](auto source, auto bytes) { write_log(source, bytes); },
            [this](sandbox::Sandbox& machine) { parts_.faults.reach("launched", &machine); },
            [this] { on_running(); }, [this](const auto& health) { on_probed(health); },
            [this](const std::string& process, const sandbox::AgentExit& exit) {
                parts_.events.emit("exec_die",
                                   {{"execID", process},
                                    {"exitCode", std::to_string(sandbox::end_of(exit).exit_code)}});
            },
            [this](const sandbox::SandboxEnd& end) { on_run_ended(end); }});
}

void Supervisor::begin(std::optional<runtime::TerminalSize> size, UniqueFd console,
                       bool by_policy) {
    if (const auto written = parts_.container.set_starting(by_policy); !written)
        return on_run_ended(start_failure(written.error()));
    parts_.faults.reach("starting");
    run_->begin(size, std::move(console));
}

void Supervisor::write_log(ContainerStdio::Source source, std::span<const std::byte> bytes) {
    parts_.log.append(
        source == ContainerStdio::Source::Output ? logs::Stream::Output : logs::Stream::Error,
        bytes, realtime_ns());
}

void Supervisor::on_running() {
    const bool checked = !parts_.config->health().command().empty();
    const pid_t monitor = run_->sandbox()->vmm_pid();
    const auto layers = run_->sandbox()->jail().entries();
    note(parts_.container.set_running(monitor, checked ? "starting" : "",
                                      {layers.begin(), layers.end()}, run_->origin()));
    forget_origin();
    parts_.events.emit("start");
    parts_.faults.reach("running", run_->sandbox());
    watch_limits();
    if (!starter_) return;
    if (const auto session = starter_->session.lock()) {
        wire::Reply reply;
        reply.mutable_start()->set_running(true);
        session->reply(starter_->number, std::move(reply));
    }
    starter_.reset();
}

void Supervisor::watch_limits() {
    const LifeLimits::Limits limits{std::chrono::nanoseconds(parts_.config->ttl_ns()),
                                    std::chrono::nanoseconds(parts_.config->idle_timeout_ns())};
    limits_.emplace(
        loop_, limits,
        [this] {
            return LifeLimits::Activity{run_->stdio().traffic(), run_->execs()->live() > 0};
        },
        [this](const std::string& why) {
            stop_reason_ = "stopped: " + why;
            stop();
        });
}

void Supervisor::on_probed(const HealthState& health) {
    note(write_file_atomically(parts_.container.directory() + "/health.json", health.to_json()));
    const std::string status(health.status());
    if (status == parts_.container.record().health) return;
    note(parts_.container.set_health(status));
    parts_.events.emit("health_status: " + status);
}

void Supervisor::note_stopped() {
    if (std::exchange(stopped_, true)) return;
    note(parts_.container.set_manually_stopped());
}

Result<void> Supervisor::resume() {
    if (live() == nullptr || !live()->paused()) return Error("the container is not paused");
    TRY(run_->resume());
    note(parts_.container.set_paused(false));
    parts_.events.emit("unpause");
    return {};
}

void Supervisor::stop() {
    if (maintenance_) return maintenance_->finish();
    if (!started_) return leave();
    end_with(static_cast<int>(parts_.config->stop_signal()),
             std::chrono::seconds(parts_.config->stop_timeout_seconds()));
}

void Supervisor::end_with(int signal, std::chrono::nanoseconds grace) {
    note_stopped();
    if (run_->preparing()) return run_->interrupt(SIGTERM);
    sandbox::Sandbox* sandbox = live();
    if (sandbox == nullptr) {
        if (last_end_) finish(*last_end_);
        return;
    }
    if (sandbox->paused()) note(resume());
    stop_asked_ = true;
    parts_.events.emit("kill", {{"signal", std::to_string(signal)}});
    note(parts_.container.set_stopping());
    parts_.faults.reach("stopping", sandbox);
    // Whoever is in more of a hurry is heard; a longer grace than the one that runs is not.
    if (!stop_timer_.active() || grace == grace.zero())
        stop_timer_ = loop_.after(grace, [this] {
            if (live() != nullptr) live()->kill();
        });
    // SIGTERM ends a start.
    sandbox->signal(sandbox->running() ? signal : SIGTERM);
}

void Supervisor::destroy() {
    stopped_ = true;
    if (maintenance_) return maintenance_->finish();
    if (!started_) return leave();
    if (run_->preparing()) return run_->interrupt(SIGKILL);
    if (live() != nullptr) return live()->destroy();
    if (last_end_) finish(*last_end_);
}

void Supervisor::on_run_ended(sandbox::SandboxEnd end) {
    if (std::exchange(run_ended_, true)) return;
    parts_.faults.reach("ended", run_->sandbox());
    drop_checkpoint();
    stop_timer_.reset();
    limits_.reset();
    if (end.message.empty()) end.message = stop_reason_;
    parts_.log.flush(realtime_ns());
    if (run_->sandbox() != nullptr && !parts_.config->auto_remove()) {
        note(write_file_atomically(parts_.container.directory() + "/console.log",
                                   run_->sandbox()->console()));
    }
    if (end.oom_killed) parts_.events.emit("oom");
    parts_.events.emit("die", {{"exitCode", std::to_string(end.exit_code)}});
    last_end_ = end;
    const RunEnd run_end{.exit_code = end.exit_code,
                         .ran = run_->age(),
                         .stopped = stopped_,
                         .restarts = parts_.container.record().restart_count};
    // A start that somebody waits for fails once.
    if (!starter_ && starts_again(parts_.config->restart(), run_end)) {
        restart_later(end);
    } else {
        finish(end);
    }
}

void Supervisor::restart_later(const sandbox::SandboxEnd& end) {
    note(parts_.container.set_restarting(end.exit_code, end.oom_killed, end.message));
    const auto pause = backoff_.next(run_->age());
    for (const Owed& owed : std::exchange(waiters_, {})) reply_end(owed, end);
    // The run is in the middle of its last call.
    loop_.post([this] {
        if (!finished_) make_run();
        run_ended_ = true;
    });
    parts_.faults.reach("restarting");
    restart_timer_ = loop_.after(pause, [this] {
        run_ended_ = false;
        begin(std::nullopt, {}, /*by_policy=*/true);
    });
}

void Supervisor::finish(const sandbox::SandboxEnd& end) {
    if (std::exchange(finished_, true)) return;
    restart_timer_.reset();
    if (stop_asked_ && end.ran) parts_.events.emit("stop");
    // Before the record of a --rm container is gone, which says where its cgroup is.
    parts_.cgroup.remove_after_us();
    record_end(end);
    parts_.faults.reach("recorded");
    // Whoever hears of the end may start the container again at once.
    ::unlink(parts_.socket.c_str());
    parts_.container.release();
    if (starter_) {
        if (const auto session = starter_->session.lock()) {
            wire::Reply reply;
            *reply.mutable_start()->mutable_end() = wire_end(end);
            session->reply(starter_->number, std::move(reply));
        }
    }
    for (const Owed& owed : waiters_) reply_end(owed, end);
    reply_checkpoint({});
    leave();
}

void Supervisor::record_end(const sandbox::SandboxEnd& end) {
    state::Container& container = parts_.container;
    if (parts_.config->auto_remove()) {
        note(container.remove());
        parts_.events.emit("destroy");
    } else if (!end.ran && container.record().restart_count == 0) {
        note(container.set_not_started(end.exit_code, end.message));
    } else {
        note(container.set_exited(end.exit_code, end.oom_killed, end.message));
    }
}

void Supervisor::leave() {
    if (!finished_) ::unlink(parts_.socket.c_str());
    loop_.stop();
}

}  // namespace bulkhead::engine
