// One run of a container: its machine, its streams and its further processes, from a start to its
// end. Before begin() clients can be attached already. Thread: loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/event_loop.h"
#include "host/engine/container_stdio.h"
#include "host/engine/exec_registry.h"
#include "host/engine/health_monitor.h"
#include "host/engine/image_template.h"
#include "host/engine/launch_plan.h"
#include "host/engine/machine_source.h"
#include "host/engine/own_confinement.h"
#include "host/runtime/container_options.h"
#include "host/sandbox/sandbox.h"

namespace bulkhead::engine {

class Run {
  public:
    struct Parts {
        EventLoop& loop;
        const container::v1::Config& config;
        const HostFiles& files;
        const LaunchPlaces& places;
        OwnConfinement& confinement;
        const TemplatePlaces& templates;
        const FaultPoints& faults;
    };

    struct Events {
        std::function<void(ContainerStdio::Source, std::span<const std::byte>)> output;
        std::function<void(sandbox::Sandbox&)> launched;
        std::function<void()> running;
        std::function<void(const HealthState&)> probed;
        ExecRegistry::OnEnd exec_ended;
        // Once, last; must not destroy the Run.
        std::function<void(const sandbox::SandboxEnd&)> ended;
    };

    Run(Parts parts, Events events);
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run();

    // Starts the machine, after making its template if need be; `ended` comes when it cannot.
    // `console`: where the guest's console goes, or invalid. A boot that somebody looks at is one.
    void begin(std::optional<runtime::TerminalSize> size, UniqueFd console);

    // The machine's template is being made: there is no machine yet.
    [[nodiscard]] bool preparing() const { return source_.busy(); }

    // While preparing(), what a signal does to a start; others than those that end it do nothing.
    void interrupt(int signal);

    // "cold", "template ID", "image template ID" or "checkpoint NAME", once the machine was
    // launched.
    [[nodiscard]] const std::string& origin() const;

    // Nothing before the machine was launched.
    [[nodiscard]] sandbox::Sandbox* sandbox() { return sandbox_.get(); }

    // While it runs.
    [[nodiscard]] ExecRegistry* execs() { return execs_ ? &*execs_ : nullptr; }

    [[nodiscard]] ContainerStdio& stdio() { return stdio_; }

    [[nodiscard]] const sandbox::Trace& trace() const { return trace_; }

    // Since the process runs; zero before that.
    [[nodiscard]] std::chrono::nanoseconds age() const;

    // Of the machine, once begin() was called.
    [[nodiscard]] const sandbox::Shape& shape() const { return shape_; }

    // What its machine depends on, as it was when it was launched.
    [[nodiscard]] const Result<templates::Key>& key() const { return key_; }

    // Its writable disk; invalid if it has none.
    [[nodiscard]] const UniqueFd& disk() const { return disk_; }

    // Nothing but the container's own is done in it meanwhile.
    void begin_save();
    void end_save();

    // Holds the machine's cgroup, if it has one, to what the configuration says now.
    Result<void> renew_limits();

    void pause(std::function<void(Result<void>)> answer);
    Result<void> resume();

  private:
    Result<void> prepare(std::optional<runtime::TerminalSize> size, UniqueFd console);
    Result<sandbox::SandboxPlan> make_plan(bool shows_boot);
    void launch_ready(sandbox::SandboxPlan plan);
    void on_restore_failed(const std::string& why);
    Result<templates::Key> key_of(const sandbox::Launch& boot) const;
    Result<void> launch(sandbox::SandboxPlan plan);
    void fail(const Error& why);
    void end(const sandbox::SandboxEnd& end);
    void on_running();

    Parts parts_;
    Events events_;
    sandbox::Trace trace_;
    MachineSource source_;
    ImageTemplate image_;
    ContainerStdio stdio_;
    UniqueFd console_;
    sandbox::Shape shape_;
    Result<templates::Key> key_ = Error("the machine was not launched");
    UniqueFd disk_;
    std::string restored_from_;                        // "checkpoint NAME"
    std::optional<runtime::TerminalSize> size_;        // of a terminal that is there already
    std::optional<std::vector<dev_t>> limited_disks_;  // of a machine with a cgroup
    std::unique_ptr<sandbox::Sandbox> sandbox_;
    std::optional<ExecRegistry> execs_;
    std::optional<HealthMonitor> health_;
    std::optional<std::chrono::steady_clock::time_point> runs_since_;
};

}  // namespace bulkhead::engine
