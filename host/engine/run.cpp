#include "host/engine/run.h"

#include <utility>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/engine/machine_limits.h"
#include "host/engine/restored_plan.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

ContainerStdio::Plan stdio_plan(const container::v1::Config& config) {
    return {config.open_stdin(), config.stdin_once(), !config.spec().process().terminal()};
}

}  // namespace

Run::Run(Parts parts, Events events)
    : parts_(parts),
      events_(std::move(events)),
      source_({parts.loop, parts.config, parts.templates, parts.faults, trace_}),
      image_({parts.loop, parts.config, parts.files, parts.templates, parts.faults}),
      stdio_(
          parts.loop, stdio_plan(parts.config),
          [this](auto source, auto bytes) { events_.output(source, bytes); },
          [this] {
              if (sandbox_) sandbox_->streams_drained();
          }) {}

Run::~Run() = default;

void Run::begin(std::optional<runtime::TerminalSize> size, UniqueFd console) {
    if (const auto prepared = prepare(size, std::move(console)); !prepared) fail(prepared.error());
}

Result<templates::Key> Run::key_of(const sandbox::Launch& boot) const {
    if (!parts_.templates.host) return parts_.templates.host.error();
    const templates::Paths paths{kernel_of(parts_.config.machine(), parts_.files),
                                 parts_.files.initramfs, parts_.files.monitor};
    return templates::key_of(boot, paths, *parts_.templates.host);
}

Result<sandbox::SandboxPlan> Run::make_plan(bool shows_boot) {
    const std::string& name = parts_.config.restore_from();
    std::optional<checkpoints::Checkpoint> checkpoint;
    if (!name.empty()) checkpoint = TRY(checkpoints::Store(parts_.places.checkpoints).find(name));
    const auto original = [&](const sandbox::SandboxPlan& plan) -> Result<int> {
        key_ = key_of(plan.launch);
        if (checkpoint) return checkpoint->entry.disk_file_bytes > 0 ? checkpoint->disk.get() : -1;
        if (shows_boot || has_own_disk(parts_.config, parts_.places)) return -1;
        return image_.look_up(plan, key_);
    };
    sandbox::SandboxPlan plan =
        TRY(make_launch_plan(parts_.config, parts_.files, parts_.places, original));
    disk_.reset();
    for (const sandbox::LaunchDisk& disk : plan.launch.disks) {
        if (!disk.read_only) disk_ = TRY(duplicate(disk.files.front().get()));
    }
    restored_from_.clear();
    if (!checkpoint) return plan;
    if (!key_) return key_.error();
    TRY_CONTEXT(restore_plan(parts_.config, *std::move(checkpoint), *key_, plan),
                concat("checkpoint ", name));
    restored_from_ = concat("checkpoint ", name);
    return plan;
}

Result<void> Run::prepare(std::optional<runtime::TerminalSize> size, UniqueFd console) {
    sandbox::SandboxPlan plan = TRY(make_plan(console.valid()));
    shape_ = plan.launch.shape;
    limited_disks_.reset();
    if (plan.vm.jail.cgroup) limited_disks_ = plan.vm.jail.cgroup->limits.disks;
    if (size) {
        auto& wanted = *plan.start->mutable_spec()->mutable_process()->mutable_console_size();
        wanted.set_height(size->rows);
        wanted.set_width(size->columns);
        if (plan.adopt) size_ = size;
    }
    parts_.confinement.before_launch(parts_.config, parts_.files);
    plan.vm.jail.unconfined_starter = parts_.confinement.missing();
    trace_.step("prepare the container");
    console_ = std::move(console);
    if (console_.valid()) {
        plan.vm.console = console_.get();
        return launch(std::move(plan));
    }
    if (plan.adopt || image_.use(plan)) return launch(std::move(plan));
    source_.prepare(std::move(plan), key_,
                    [this](sandbox::SandboxPlan ready) { launch_ready(std::move(ready)); });
    return {};
}

void Run::launch_ready(sandbox::SandboxPlan plan) {
    image_.make(plan, disk_, [this]() -> sandbox::Sandbox& { return *sandbox_; });
    if (const auto launched = launch(std::move(plan)); !launched) fail(launched.error());
}

void Run::on_restore_failed(const std::string& why) {
    image_.origin().empty() ? source_.on_restore_failed(why) : image_.on_restore_failed(why);
}

const std::string& Run::origin() const {
    if (!restored_from_.empty()) return restored_from_;
    return image_.origin().empty() ? source_.origin() : image_.origin();
}

Result<void> Run::launch(sandbox::SandboxPlan plan) {
    auto sandbox = std::make_unique<sandbox::Sandbox>(
        parts_.loop, std::move(plan), stdio_, trace_,
        sandbox::Sandbox::Events{
            .starting = [] {},
            .running = [this] { on_running(); },
            .ended = [this](const sandbox::SandboxEnd& how) { end(how); },
            .restore_failed = [this](const auto& why) { on_restore_failed(why); },
            .start_refused = [this](const auto& why) { image_.on_refused(why); },
            .died_starting = [this](const auto& why) { source_.on_died(why); }});
    TRY(sandbox->begin());
    parts_.confinement.after_launch(sandbox->jail());
    sandbox_ = std::move(sandbox);
    events_.launched(*sandbox_);
    return {};
}

void Run::fail(const Error& why) {
    sandbox::SandboxEnd failed;
    failed.message = why.message();
    end(failed);
}

void Run::end(const sandbox::SandboxEnd& end) {
    health_.reset();
    stdio_.no_more_streams();
    events_.ended(end);
}

void Run::interrupt(int signal) {
    if (!preparing() || !sandbox::ends_a_start(signal)) return;
    source_.cancel();
    sandbox::SandboxEnd interrupted;
    interrupted.exit_code = sandbox::kExitSignalBase + signal;
    end(interrupted);
}

void Run::on_running() {
    runs_since_ = std::chrono::steady_clock::now();
    execs_.emplace(*sandbox_, events_.exec_ended);
    if (size_) sandbox_->resize(size_->rows, size_->columns);
    events_.running();
    if (!parts_.config.health().command().empty())
        health_.emplace(parts_.loop, *sandbox_, parts_.config, events_.probed);
}

std::chrono::nanoseconds Run::age() const {
    if (!runs_since_) return {};
    return std::chrono::steady_clock::now() - *runs_since_;
}

Result<void> Run::renew_limits() {
    if (!sandbox_ || !limited_disks_ || !sandbox_->jail().has(jail::Layer::Cgroup)) return {};
    return sandbox_->set_limits(machine_limits(parts_.config, shape_, *limited_disks_));
}

void Run::begin_save() {
    if (health_) health_->pause();
}

void Run::end_save() {
    if (health_) health_->resume();
}

void Run::pause(std::function<void(Result<void>)> answer) {
    if (!sandbox_) return answer(Error("the container does not run"));
    sandbox_->pause([this, answer = std::move(answer)](Result<void> paused) {
        if (paused && health_) health_->pause();
        answer(std::move(paused));
    });
}

Result<void> Run::resume() {
    if (!sandbox_) return Error("the container does not run");
    TRY(sandbox_->resume());
    if (health_) health_->resume();
    return {};
}

}  // namespace bulkhead::engine
