// The agent without a VM and without gRPC: a supervisor with its launcher, socket pairs in place of
// vsock streams, and a busybox directory as the root file system.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "guest-agent/container/reaper.h"
#include "guest-agent/container/supervisor.h"
#include "proto/agent.pb.h"
#include "tests/integration/agent/busybox_root.h"

namespace bulkhead::agent::test {

// The host's ends of the dialled streams, by port.
class SocketPairDialer : public StreamDialer {
  public:
    Result<std::vector<UniqueFd>> dial(std::span<const std::uint32_t> ports) override;

    std::map<std::uint32_t, UniqueFd> host_ends;
};

inline constexpr std::uint32_t kInput = 1001;
inline constexpr std::uint32_t kOutput = 1002;
inline constexpr std::uint32_t kErrors = 1003;

// Where cgroup v2 is, if it is; a machine with v1 controllers may have it beside them.
std::string find_cgroup2();

// What became of a process that was run to its end.
struct Outcome {
    std::optional<LaunchFailure> failure;
    std::string output;
    std::string errors;
    ExitStatus status;
    bool oom_killed = false;
};

class AgentFixture {
  public:
    AgentFixture();
    ~AgentFixture();
    AgentFixture(const AgentFixture&) = delete;
    AgentFixture& operator=(const AgentFixture&) = delete;

    // A start of `sh -c SCRIPT` with docker's mounts and namespaces, output and errors connected.
    static v1::StartRequest shell(const std::string& script);
    static v1::StartRequest command(const std::vector<std::string>& arguments);

    // Starts it, gives it `input` (then the end of input) if it wants any, and waits for its end.
    Outcome run(const v1::StartRequest& request, const std::string& input = "");

    Outcome run_script(const std::string& script) { return run(shell(script)); }

    // Starts it, and returns when its program runs or has failed to.
    LaunchResult start(const v1::StartRequest& request);
    // As start and run, for a further process; streams are numbered from `first_port`.
    LaunchResult exec(const v1::ExecRequest& request);
    Outcome run_exec(const v1::ExecRequest& request);
    static v1::ExecRequest exec_shell(const std::string& id, const std::string& script);

    WaitResult wait(const std::string& id);

    // Serves the loop until it is true.
    void until(const std::function<bool()>& condition);
    // Serves the loop until the host's end at `port` has given at least this text.
    void until_output(std::uint32_t port, const std::string& text);

    // What has come from `port` so far.
    std::string& received(std::uint32_t port);
    void send(std::uint32_t port, const std::string& text);
    void close_input(std::uint32_t port);

    // Whether the kernel lets the tests limit memory, processes and so on (cgroup v2 controllers).
    [[nodiscard]] bool has_controllers() const { return has_controllers_; }

    EventLoop loop;
    BusyboxRoot root;
    SocketPairDialer dialer;
    Timeline timeline;
    std::unique_ptr<Launcher> launcher;
    std::unique_ptr<Supervisor> supervisor;

  private:
    void serve_once();
    Outcome finish(const std::string& id, const LaunchResult& launched, std::uint32_t output,
                   std::uint32_t errors);

    std::string cgroup_;
    bool has_controllers_ = false;
    std::map<std::uint32_t, std::string> received_;
    std::unique_ptr<Reaper> reaper_;
};

}  // namespace bulkhead::agent::test
