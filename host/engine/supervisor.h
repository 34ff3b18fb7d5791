// The supervisor of one container: owns its machine, its streams and its record, and serves clients
// until the container has ended for good. Started for each start of the container; it outlives the
// command that started it.
//
//   Waiting  --start-->  Starting --> Running <--> Paused     the policy
//      |                                 |  ^--- Restarting <--- says so
//      |                                 v                 |
//      |  no client is left          (Stopping) ---------------> Ended, and it goes
//      v
//   it goes, and nothing has happened
//
// Thread: loop.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "host/engine/checkpoint_job.h"
#include "host/engine/container_events.h"
#include "host/engine/fault_points.h"
#include "host/engine/file_calls.h"
#include "host/engine/launch_plan.h"
#include "host/engine/life_limits.h"
#include "host/engine/maintenance.h"
#include "host/engine/own_cgroup.h"
#include "host/engine/own_confinement.h"
#include "host/engine/restart_policy.h"
#include "host/engine/run.h"
#include "host/engine/session.h"
#include "host/logs/log_writer.h"
#include "host/state/state_store.h"

namespace bulkhead::supervisor::v1 {
class CheckpointRequest;
class End;
class ExecRequest;
class SignalRequest;
class StartRequest;
class StopRequest;
class UpdateRequest;
class WaitRequest;
}  // namespace bulkhead::supervisor::v1

namespace bulkhead::engine {

// As clients are told.
supervisor::v1::End wire_end(const sandbox::SandboxEnd& end);

class Supervisor {
  public:
    struct Parts {
        state::StateStore store;
        state::Container container;
        std::unique_ptr<container::v1::Config> config;
        HostFiles files;
        LaunchPlaces places;
        TemplatePlaces templates;
        logs::LogWriter log;
        ContainerEvents events;
        std::string socket;  // removed when the container has ended
        OwnCgroup& cgroup;
        FaultPoints faults;
    };

    Supervisor(EventLoop& loop, Parts parts);
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;
    ~Supervisor();

    void add_client(UniqueFd socket);

    // As `stop` with the container's own settings: the machine goes down, or somebody ends us.
    void stop();
    // Everything ends now, whatever is lost: `rm -f`.
    void destroy();

  private:
    using SessionRef = std::shared_ptr<Session>;

    // A reply that is owed.
    struct Owed {
        std::weak_ptr<Session> session;
        std::uint32_t number = 0;
        bool steps = false;
    };

    // supervisor.cpp: what clients ask for.
    void on_request(const SessionRef& session, const supervisor::v1::Request& request,
                    std::vector<UniqueFd> descriptors);
    void on_closed(const SessionRef& session);
    void attach(const SessionRef& session, std::uint32_t number, bool input);
    void start(const SessionRef& session, std::uint32_t number,
               const supervisor::v1::StartRequest& request, std::vector<UniqueFd> descriptors);
    void wait(const SessionRef& session, std::uint32_t number,
              const supervisor::v1::WaitRequest& request);
    void wait_exec(const SessionRef& session, std::uint32_t number, const std::string& process);
    void signal(const SessionRef& session, std::uint32_t number,
                const supervisor::v1::SignalRequest& request);
    void stop(const SessionRef& session, std::uint32_t number,
              const supervisor::v1::StopRequest& request);
    void resize(const std::string& process, std::uint32_t rows, std::uint32_t columns);
    void detach(const std::string& process);
    void exec(const SessionRef& session, std::uint32_t number,
              const supervisor::v1::ExecRequest& request);
    void pause(const SessionRef& session, std::uint32_t number, bool resume);
    void rename(const SessionRef& session, std::uint32_t number, const std::string& name);
    void update(const SessionRef& session, std::uint32_t number,
                const supervisor::v1::UpdateRequest& request);
    Result<void> keep_update(const supervisor::v1::UpdateRequest& request);
    void console(const SessionRef& session, std::uint32_t number);
    void reply_end(const Owed& owed, const sandbox::SandboxEnd& end);

    // supervisor_checkpoint.cpp: the container is saved.
    void checkpoint(const SessionRef& session, std::uint32_t number,
                    const supervisor::v1::CheckpointRequest& request);
    Result<CheckpointJob::Plan> plan_checkpoint(
        const supervisor::v1::CheckpointRequest& request) const;
    void on_checkpoint(const std::string& name, bool leave_running, const Result<void>& made);
    void reply_checkpoint(const Result<void>& made);
    void drop_checkpoint();
    void forget_origin();

    // supervisor_files.cpp: work on files.
    void on_file_call(const SessionRef& session, const supervisor::v1::Request& request);
    Result<void> begin_maintenance(const supervisor::v1::Request& request);

    // supervisor_life.cpp: from one state to the next.
    void make_run();
    void begin(std::optional<runtime::TerminalSize> size, UniqueFd console, bool by_policy);
    void end_with(int signal, std::chrono::nanoseconds grace);
    void note_stopped();
    Result<void> resume();
    void write_log(ContainerStdio::Source source, std::span<const std::byte> bytes);
    void on_running();
    void watch_limits();
    void on_probed(const HealthState& health);
    void on_run_ended(sandbox::SandboxEnd end);
    void restart_later(const sandbox::SandboxEnd& end);
    void finish(const sandbox::SandboxEnd& end);
    void record_end(const sandbox::SandboxEnd& end);
    void leave();
    void note(const Result<void>& written) const;

    // The machine that runs or boots; nothing otherwise.
    [[nodiscard]] sandbox::Sandbox* live() { return run_ended_ ? nullptr : run_->sandbox(); }

    EventLoop& loop_;
    Parts parts_;
    OwnConfinement confinement_;
    FileCalls file_calls_;  // the machines answer to it
    std::unique_ptr<Run> run_;
    bool run_ended_ = false;
    std::unique_ptr<Maintenance> maintenance_;  // instead of a run, while nothing runs
    std::list<SessionRef> sessions_;
    bool started_ = false;  // somebody asked for it
    std::optional<Owed> starter_;
    std::unique_ptr<CheckpointJob> checkpoint_;  // uses the run
    std::optional<Owed> checkpointer_;
    std::vector<Owed> waiters_;
    EventLoop::Handle stop_timer_;
    bool stopped_ = false;     // somebody wants the end of it,
    bool stop_asked_ = false;  // by `stop` rather than a signal
    std::string stop_reason_;
    std::optional<LifeLimits> limits_;
    RestartBackoff backoff_;
    EventLoop::Handle restart_timer_;
    std::optional<sandbox::SandboxEnd> last_end_;
    bool finished_ = false;
};

}  // namespace bulkhead::engine
