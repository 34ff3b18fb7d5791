// Sandbox: one container in one VM, from launch to exit status.
//
//   Launching -> Booting -> Starting -> Running -> Stopping -> Ended
//   monitor      vCPUs run  agent is    process    its streams
//   started                 home        runs       are drained
//
// From every stage the way out is the end of the monitor's process; nothing waits for a guest
// without either that or a timer. Thread: loop.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/event_loop.h"
#include "base/result.h"
#include "host/sandbox/agent_client.h"
#include "host/sandbox/exec_table.h"
#include "host/sandbox/file_table.h"
#include "host/sandbox/guest_timers.h"
#include "host/sandbox/launch.h"
#include "host/sandbox/sandbox_end.h"
#include "host/sandbox/stdio.h"
#include "host/sandbox/trace.h"
#include "host/sandbox/vm.h"

namespace bulkhead::agent::v1 {
class ReleaseRequest;
class StartRequest;
}  // namespace bulkhead::agent::v1

namespace bulkhead::oci::v1 {
class Resources;
}

namespace bulkhead::sandbox {

// Two empty files for a machine whose container is prepared and not started.
struct PreparedSave {
    // What is prepared: as the plan's start, without what is the container's own. Complete but for
    // generation, clock and entropy.
    std::unique_ptr<agent::v1::StartRequest> request;
    UniqueFd state;
    UniqueFd memory;
    // Written, or why not. Until this returns the machine stands still, and its disk is as its
    // memory has it.
    std::function<void(const Result<void>&)> saved;
    // Once, after it was written: the pages that the guest soon wrote to, or none.
    std::function<void(const std::vector<PageRun>&)> wrote;
};

struct SandboxPlan {
    SandboxPlan();
    SandboxPlan(SandboxPlan&&) noexcept;
    SandboxPlan& operator=(SandboxPlan&&) = delete;
    SandboxPlan(const SandboxPlan&) = delete;
    SandboxPlan& operator=(const SandboxPlan&) = delete;
    ~SandboxPlan();

    Vm::Options vm;
    Launch launch;
    // What boots instead when `launch` goes on from a snapshot that is no good.
    std::optional<Launch> boot;
    // Complete but for clock, entropy and streams, which begin() adds.
    std::unique_ptr<agent::v1::StartRequest> start;
    // `launch` goes on from a machine that was saved with its container: that is adopted in place
    // of a start. Complete but for the same.
    std::unique_ptr<agent::v1::ReleaseRequest> adopt;
    // The container is prepared first, and its machine saved before it starts.
    std::optional<PreparedSave> prepare;
    std::chrono::nanoseconds start_timeout{};
    // The disk lives on: the guest gets time to write everything to it.
    bool orderly_shutdown = false;
    // Nobody starts it again: its end is told before the monitor has ended, too.
    bool auto_remove = false;
    // No process is started: the machine is there for its files.
    bool maintenance = false;
    GuestPatience patience;
};

class Sandbox {
  public:
    struct Events {
        std::function<void()> starting;  // the agent is there; the process starts next
        std::function<void()> running;
        // Once, last; must not destroy the Sandbox. With auto_remove the monitor may still be
        // there, and ends with the Sandbox.
        std::function<void(const SandboxEnd&)> ended;
        // The snapshot is no good, and why: from now on it is an ordinary boot.
        std::function<void(const std::string& why)> restore_failed = nullptr;
        // The agent of a restored machine refused to start its container, or the machine ended
        // before it had answered, and nobody had it killed. Once.
        std::function<void(const std::string& why)> start_refused = nullptr;
        // A restored machine ended by itself between its agent's call and its container's start,
        // of which nothing had run.
        std::function<void(const std::string& why)> died_starting = nullptr;
    };

    // `stdio` takes the streams, and its owner tells streams_drained().
    Sandbox(EventLoop& loop, SandboxPlan plan, Stdio& stdio, Trace& trace, Events events);
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;
    ~Sandbox();

    // Starts the VM. After an error nothing runs, and no event comes.
    Result<void> begin();

    [[nodiscard]] pid_t vmm_pid() const;

    // Which layers the monitor's jail has; after begin().
    [[nodiscard]] jail::Report jail() const { return vm_ ? vm_->jail() : jail::Report(); }

    // For the container's first process; before it runs, a signal that would end it ends the start.
    void signal(int number);
    void resize(std::uint16_t rows, std::uint16_t columns);
    // As SIGKILL. Where the disk lives on the machine then goes down in order; otherwise all ends
    // at once, without waiting for output.
    void kill();
    // Ends everything now, whatever is lost.
    void destroy();
    // The monitor dies, as if somebody else had killed it: for fault injection.
    void lose_monitor();

    // Other limits inside the guest.
    void update(const oci::v1::Resources& resources, AgentClient::Answer<void> answer);

    // Other limits on the machine's disks; answered when they hold. One at a time.
    void set_device_limits(const DeviceLimits& limits, std::function<void(Result<void>)> answer);

    // Other limits on what the machine uses of the host; an error if it has no cgroup.
    Result<void> set_limits(const cgroup::Limits& limits) const;

    // Stops the machine's processors; answered when none runs any more, or with an error when the
    // container does not run. Until resume() the guest answers nothing, and signals wait.
    void pause(std::function<void(Result<void>)> answer);
    Result<void> resume();

    [[nodiscard]] bool paused() const { return paused_ && !saving_; }

    // sandbox_save.cpp: stops the container and writes its machine into two empty files. After an
    // error it goes on; otherwise it stands still until finish_save(). `paused` is called when the
    // machine stands still, before it is written.
    void save(const UniqueFd& state, const UniqueFd& memory, std::function<void()> paused,
              std::function<void(Result<void>)> answer);

    enum class AfterSave { GoOn, End };

    // End: as SIGKILL, before any of its processes goes on; its output is drained, and a disk that
    // lives on gets everything.
    void finish_save(AfterSave then);

    [[nodiscard]] bool saving() const { return saving_.has_value(); }

    // How many disks its machine has, empty slots included.
    [[nodiscard]] std::size_t disk_slots() const { return disk_slots_; }

    // What the guest has printed on its console, the last part of it.
    [[nodiscard]] std::string console() const;

    // Every output of `stdio` has ended.
    void streams_drained() { conclude_when_done(); }

    // A further process. An error: the container does not run, or has ended meanwhile.
    void exec(const oci::v1::Process& process, const ExecPlan& plan, ExecTable::Answer answer);
    void wait_exec(const std::string& process, AgentClient::Answer<AgentExit> answer);
    void signal_exec(const std::string& process, int number);
    void resize_exec(const std::string& process, std::uint16_t rows, std::uint16_t columns);

    // Work on the container's files, and what it uses. An error as with exec(). files() gives a
    // number for files_streamed(), which says that the work's stream is done; 0: it has failed.
    std::uint32_t files(agent::v1::FilesRequest request, FileTable::Events events);
    void files_streamed(std::uint32_t work);
    void processes(AgentClient::Answer<agent::v1::ProcessesReply> answer);
    void statistics(AgentClient::Answer<agent::v1::StatisticsReply> answer);

    // For maintenance, which has no process whose end would end it.
    void finish_maintenance();

    [[nodiscard]] bool running() const { return stage_ == Stage::Running; }

  private:
    enum class Stage { Launching, Booting, Starting, Running, Stopping, Ended };

    void on_vm_started(const VmStarted& started);
    void on_stream(VmStream stream);
    void on_agent(UniqueFd stream);
    void on_process_started(Result<AgentStarted> answer);
    void on_process_exit(Result<AgentExit> answer);
    void on_vm_paused();
    void on_vm_saved(const VmSaved& saved);
    void on_device_limits(const DeviceLimits& limits);
    void on_vm_ended(VmEnd end);
    void on_timeout();

    // sandbox_launch.cpp
    Result<void> launch(Launch launch);
    [[nodiscard]] bool blames_snapshot(const VmEnd& end) const;
    void boot_instead(const VmEnd& end);

    // sandbox_save.cpp
    void on_held(std::uint64_t save, const Result<void>& held);
    void on_paused_to_save(std::uint64_t save, const Result<void>& paused);
    void fail_save(const std::string& why);
    enum class Where { Anywhere, AtStream };
    void stand_still(Where where, std::function<void(Result<void>)> answer);
    void go_on(bool held);

    // sandbox_prepare.cpp
    void prepare_container();
    void on_prepared(Result<AgentStarted> answer);
    void hang_up();
    void on_prepared_saved(const Result<void>& saved);

    Result<void> complete_start_request();
    void start_container();
    void add_guest_timings(const AgentStarted& started);
    void await_vm_end(const Error& failure);
    void tell_refusal(const std::string& why);
    void tell_death(const VmEnd& end);
    void watch_writes();
    void ask_writes();
    void on_vm_writes(const VmWrites& writes);
    void tell_writes(const std::vector<PageRun>& runs);
    void note_failure(std::string failure);
    void give_up();
    void watch_drain();
    void stop_when_drained();
    void stop_vm();
    void fail_calls();  // whatever is still to be answered
    void conclude_when_done();
    void conclude();
    [[nodiscard]] SandboxEnd result() const;
    [[nodiscard]] std::string_view stage_text() const;

    EventLoop& loop_;
    SandboxPlan plan_;
    Trace& trace_;
    Events events_;
    Stdio& stdio_;
    Stage stage_ = Stage::Launching;
    std::uint64_t launch_ns_ = 0;
    std::uint64_t agent_ns_ = 0;  // when the agent called
    bool restored_ = false;       // the guest had booted before
    bool late_ = false;           // it did not call in time
    std::unique_ptr<Vm> vm_;
    std::unique_ptr<AgentClient> agent_;
    GuestTimers guest_timers_;
    std::unique_ptr<ExecTable> execs_;
    std::unique_ptr<FileTable> files_;
    EventLoop::Handle timer_;
    std::uint64_t drained_count_ = 0;

    // What has become known about the end.
    std::optional<SandboxEnd> outcome_;  // the process's own, or why it did not start
    std::optional<int> interrupted_by_;
    std::string failure_;   // ours, before the VM ended
    bool gave_up_ = false;  // we ended the VM for that, so its own end says nothing
    std::optional<VmEnd> vm_end_;
    Stage failed_stage_ = Stage::Launching;
    bool killed_ = false;
    bool paused_ = false;
    std::size_t disk_slots_ = 0;
    std::uint64_t memory_bytes_ = 0;

    // From save() to finish_save().
    struct Saving {
        UniqueFd state;
        UniqueFd memory;
        std::function<void()> paused;
        std::function<void(Result<void>)> answer;  // empty once it was given
        bool held = false;                         // the container stands still
    };

    // From an image's template being written to its pages being known.
    std::function<void(const std::vector<PageRun>&)> wrote_;
    bool awaiting_writes_ = false;
    EventLoop::Handle writes_timer_;

    std::optional<Saving> saving_;
    std::uint64_t saves_ = 0;  // what is said about an earlier one counts no more
    EventLoop::Handle save_timer_;
    std::function<void(Result<void>)> pause_answer_;
    EventLoop::Handle pause_timer_;
    DeviceLimits asked_device_limits_;
    std::function<void(Result<void>)> device_limits_answer_;
    EventLoop::Handle device_limits_timer_;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace bulkhead::sandbox
