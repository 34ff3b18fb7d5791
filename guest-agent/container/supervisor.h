// The container's life: the calls of proto/agent.proto, without gRPC. Thread: loop.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "guest-agent/cgroup/cgroup.h"
#include "guest-agent/cgroup/freezer.h"
#include "guest-agent/container/answer.h"
#include "guest-agent/container/file_works.h"
#include "guest-agent/container/process_table.h"
#include "guest-agent/container/timeline.h"
#include "guest-agent/launch/launcher.h"
#include "guest-agent/rootfs/root_filesystem.h"
#include "guest-agent/stdio/dialer.h"

namespace bulkhead::oci::v1 {
class ConsoleSize;
class Hook;
class Resources;
}  // namespace bulkhead::oci::v1

namespace bulkhead::agent::v1 {
class ExecRequest;
class FilesReply;
class FilesRequest;
class ProcessesReply;
class ReleaseRequest;
class StartRequest;
class StatisticsReply;
}  // namespace bulkhead::agent::v1

namespace bulkhead::agent {

// A process that runs, or why it does not.
struct LaunchResult {
    std::optional<LaunchFailure> failure;
    pid_t pid = 0;
};

struct WaitResult {
    ExitStatus status;
    bool oom_killed = false;
};

class Supervisor {
  public:
    struct Parts {
        EventLoop& loop;
        Launcher& launcher;
        StreamDialer& dialer;
        RootProvider& root;
        Timeline& timeline;
        // Clock and entropy, before anything else of a start.
        std::function<Result<void>(const v1::StartRequest&)> prepare_machine;
        // Where the container's cgroup is to be; empty: there are no cgroups.
        std::string cgroup_parent;
    };

    explicit Supervisor(Parts parts)
        : parts_(std::move(parts)),
          file_works_(parts_.loop, parts_.launcher),
          freezer_(parts_.loop) {}

    void start(const v1::StartRequest& request, const Reply<LaunchResult>& reply);
    // preparing.cpp: everything of start() before it is known whose container it will be.
    void prepare(const v1::StartRequest& request, const Reply<LaunchResult>& reply);
    void exec(const v1::ExecRequest& request, const Reply<LaunchResult>& reply);
    void wait(const std::string& id, Reply<WaitResult> reply);
    Answer<Done> signal(const std::string& id, std::uint32_t signal);
    Answer<Done> signal_all(std::uint32_t signal);
    Answer<Done> resize(const std::string& id, const oci::v1::ConsoleSize& size);
    Answer<Done> update(const oci::v1::Resources& resources);
    void files(const v1::FilesRequest& request, Reply<v1::FilesReply> reply);
    [[nodiscard]] Answer<v1::StatisticsReply> statistics() const;
    [[nodiscard]] Answer<v1::ProcessesReply> list_processes() const;
    // holding.cpp: between the two the machine can be saved.
    void hold(Reply<Done> reply);
    void release(const v1::ReleaseRequest& request, Reply<Done> reply);

    // Whether another host may come: to call release(), or start() of what is prepared by now.
    [[nodiscard]] bool may_move() const {
        return holding_ == Holding::Held || (rest_.has_value() && !first_reply_);
    }

    // Ends every process, and unmounts and syncs the disks. Also what to do when the host is gone.
    void shutdown(Reply<Done> reply);

    // For the Reaper.
    void before_reaping();
    void reaped(pid_t pid, ExitStatus status);

  private:
    struct HookRun;
    enum class Holding : std::uint8_t { No, Begun, Held };

    // How long processes have between SIGTERM and SIGKILL in a shutdown.
    static constexpr std::chrono::milliseconds kGrace{200};
    static constexpr std::chrono::milliseconds kEndPoll{5};
    // After this the disks are let go of, even if a process hangs in the kernel.
    static constexpr std::chrono::seconds kGiveUp{10};

    // One that speaks another generation of the protocol.
    [[nodiscard]] static std::optional<Refusal> refuse_host(const v1::StartRequest& request);
    [[nodiscard]] std::optional<Refusal> refuse_start(const v1::StartRequest& request) const;
    // What is not for the first process alone: machine, root file system, cgroup.
    Result<void> set_up(const v1::StartRequest& request);
    Result<void> make_cgroup();
    Result<void> launch_first(const v1::StartRequest& request, const Reply<LaunchResult>& reply);
    Result<void> launch_prepared(const v1::StartRequest& request);
    // Why what is prepared cannot be started so.
    [[nodiscard]] std::optional<Refusal> refuse_prepared(const v1::StartRequest& request) const;
    void start_prepared(const v1::StartRequest& request, const Reply<LaunchResult>& reply);
    Result<void> send_rest_of(const v1::StartRequest& request);
    void answer_first(const Answer<LaunchResult>& answer);
    Result<void> launch(const std::string& id, LaunchRequest request, const v1::StartRequest& start,
                        const std::array<std::uint32_t, 3>& ports,
                        const Reply<LaunchResult>& reply);
    Result<void> follow(std::unique_ptr<Process> process, LaunchRequest request,
                        const v1::StartRequest& start, const Reply<LaunchResult>& reply,
                        std::function<void()> prepared = nullptr);
    void launched(const std::string& id, std::optional<LaunchFailure> failure,
                  const Reply<LaunchResult>& reply);
    // What runs between the first process's start, or its end, and telling the host of it: hooks.
    void after_start(std::function<void()> then);
    void after_end(std::function<void()> then);
    void run_hooks(HookRun run, std::size_t next);
    Result<void> launch_hook(const oci::v1::Hook& hook, const std::string& id, const HookRun& run,
                             const Reply<LaunchResult>& reply);
    // A pidfd of the container's first process.
    [[nodiscard]] Result<UniqueFd> first_process() const;
    Result<LaunchRequest> file_request(const v1::FilesRequest& request);
    // Once the processes that it wants stopped have stopped.
    void work_on_files(LaunchRequest launch, bool frozen, Reply<v1::FilesReply> reply);
    // Why nothing may be started or held now.
    [[nodiscard]] std::optional<Refusal> refuse_hold() const;
    [[nodiscard]] bool launching() const;
    void hold_processes(Reply<Done> reply);
    void hold_streams(Reply<Done> reply);
    void adopt(const v1::ReleaseRequest& request, Reply<Done> reply);
    Result<void> reconnect(const v1::ReleaseRequest& request);
    void go_on();
    void signal_everything(int signal);
    void check_ended();
    void finish_shutdown();

    Parts parts_;
    std::unique_ptr<v1::StartRequest> started_;  // what further processes need to know of it
    std::string root_;
    std::optional<Cgroup> cgroup_;
    std::vector<UniqueFd> namespaces_;  // of the first process, from its start on
    // To the first process, while it is prepared and waits.
    std::optional<PacketChannel> rest_;
    Reply<LaunchResult> first_reply_;  // of prepare(), or of the start() that came after it
    ProcessTable processes_;
    FileWorks file_works_;
    Freezer freezer_;
    Holding holding_ = Holding::No;
    std::chrono::steady_clock::time_point hold_until_;
    EventLoop::Handle hold_poll_;
    std::vector<Reply<Done>> shutdown_replies_;
    std::vector<std::function<void()>> after_end_;
    bool end_hooks_done_ = false;
    EventLoop::Handle hook_timeout_;
    std::chrono::steady_clock::time_point shutdown_began_;
    EventLoop::Handle end_poll_;

  public:
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;
    ~Supervisor();  // started_ is an incomplete type here
};

}  // namespace bulkhead::agent
