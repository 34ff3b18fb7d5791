// The supervisor of one container: owns its machine, its streams and its record, and serves clients
// until the container has ended. Started for each start of the container; it outlives the command
// that started it.
//
//   Waiting  --start-->  Starting --> Running --> (Stopping) --> Ended, and it goes
//      |  no client is left: it goes, and nothing has happened
//
// Thread: loop.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event_loop.h"
#include "host/engine/container_stdio.h"
#include "host/engine/launch_plan.h"
#include "host/engine/session.h"
#include "host/logs/log_writer.h"
#include "host/sandbox/sandbox.h"
#include "host/state/container.h"

namespace bulkhead::supervisor::v1 {
class End;
class ExecRequest;
class StartRequest;
class StopRequest;
class WaitRequest;
}  // namespace bulkhead::supervisor::v1

namespace bulkhead::engine {

class Supervisor {
  public:
    struct Parts {
        state::Container container;
        std::unique_ptr<container::v1::Config> config;
        HostFiles files;
        LaunchPlaces places;
        logs::LogWriter log;
        std::string socket;  // removed when the container has ended
    };

    Supervisor(EventLoop& loop, Parts parts);
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;
    ~Supervisor();

    void add_client(UniqueFd socket);

    // As `stop` with the container's own settings: the machine goes down, or somebody ends us.
    void stop();

  private:
    using SessionRef = std::shared_ptr<Session>;

    // A reply that is owed.
    struct Owed {
        std::weak_ptr<Session> session;
        std::uint32_t number = 0;
        bool steps = false;
    };

    void on_request(const SessionRef& session, const supervisor::v1::Request& request,
                    std::vector<UniqueFd> descriptors);
    void on_closed(const SessionRef& session);

    void attach(const SessionRef& session, std::uint32_t number, bool input);
    void start(const SessionRef& session, std::uint32_t number,
               const supervisor::v1::StartRequest& request, std::vector<UniqueFd> descriptors);
    Result<void> begin(const supervisor::v1::StartRequest& request, UniqueFd console);
    void wait(const SessionRef& session, std::uint32_t number,
              const supervisor::v1::WaitRequest& request);
    void wait_exec(const SessionRef& session, std::uint32_t number, const std::string& process);
    void signal(const SessionRef& session, std::uint32_t number, const std::string& process,
                int signal);
    void stop(const SessionRef& session, std::uint32_t number,
              const supervisor::v1::StopRequest& request);
    void end_with(int signal, std::chrono::nanoseconds grace);
    void resize(const std::string& process, std::uint32_t rows, std::uint32_t columns);
    void exec(const SessionRef& session, std::uint32_t number,
              const supervisor::v1::ExecRequest& request);

    void write_log(ContainerStdio::Source source, std::span<const std::byte> bytes);
    void on_running();
    void on_ended(const sandbox::SandboxEnd& end);
    void record_end(const sandbox::SandboxEnd& end);
    void reply_end(const Owed& owed);
    void leave();

    EventLoop& loop_;
    Parts parts_;
    sandbox::Trace trace_;
    ContainerStdio stdio_;
    UniqueFd console_;
    std::unique_ptr<sandbox::Sandbox> sandbox_;
    std::list<SessionRef> sessions_;
    std::optional<Owed> starter_;
    std::vector<Owed> waiters_;
    EventLoop::Handle stop_timer_;
    bool stopping_ = false;
    std::optional<sandbox::SandboxEnd> end_;
};

}  // namespace bulkhead::engine
