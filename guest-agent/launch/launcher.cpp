#include "guest-agent/launch/launcher.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>

#include "base/check.h"
#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "guest-agent/launch/child.h"
#include "guest-agent/launch/clone.h"
#include "guest-agent/launch/file_worker.h"
#include "guest-agent/seccomp/program.h"
#include "guest-agent/spec/namespaces.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

// A container has one profile, and each of its processes needs it.
class SeccompCache {
  public:
    Result<SeccompProgram> compile(const oci::v1::Seccomp& profile) {
        const std::string key = profile.SerializeAsString();
        if (!program_ || key != key_) {
            program_ = TRY(compile_seccomp(profile));
            key_ = key;
        }
        return *program_;
    }

  private:
    std::string key_;
    std::optional<SeccompProgram> program_;
};

class LauncherProcess {
  public:
    explicit LauncherProcess(PacketChannel channel) : channel_(std::move(channel)) {}

    Result<void> run() {
        own_pid_namespace_ = TRY(open_file("/proc/self/ns/pid", O_RDONLY));
        for (;;) {
            v1::StartRequest start;
            auto request = TRY(receive_launch(channel_, start));
            if (!request) return {};
            StatusChannel status(std::move(request->status));
            const bool files = request->kind == LaunchRequest::Kind::Files;
            auto launched = files ? work(*request, start, status) : launch(*request, start, status);
            if (launched) continue;
            auto told = status.send_failure(LaunchFailure::other(launched.error()));
            if (!told) log::warning(told.error().message());
        }
    }

  private:
    Result<void> launch(LaunchRequest& request, const v1::StartRequest& start,
                        StatusChannel& status) {
        const SeccompProgram seccomp = TRY(seccomp_.compile(start.spec().linux().seccomp()));
        auto [go_read, go_write] = TRY(make_pipe());
        const pid_t child = TRY(make_child(request, start));
        if (child == 0) {
            go_write.reset();
            run_child({request, start, seccomp, status, go_read.get()});
        }
        TRY(status.send_pid(child));
        if (request.kind == LaunchRequest::Kind::Init)
            TRY(write_id_maps(child, start.spec().linux()));
        TRY(set_oom_score(child, start.spec().process()));
        // Until this byte the child waits: it cannot end before the agent knows its pid.
        return write_full(go_write.get(), std::as_bytes(std::span("g", 1)));
    }

    static Result<void> work(LaunchRequest& request, const v1::StartRequest& start,
                             StatusChannel& status) {
        auto [go_read, go_write] = TRY(make_pipe());
        const pid_t child = TRY(clone_for_parent(0, -1));
        if (child == 0) {
            go_write.reset();
            run_file_worker({request, start, status, go_read.get()});
        }
        TRY(status.send_pid(child));
        TRY(set_oom_score(child, start.spec().process()));
        return write_full(go_write.get(), std::as_bytes(std::span("g", 1)));
    }

    Result<pid_t> make_child(const LaunchRequest& request, const v1::StartRequest& start) {
        std::uint64_t namespaces = namespace_flags(start.spec());
        if (request.kind == LaunchRequest::Kind::Init) {
            // A cgroup namespace begins where its maker is: the child makes it, once it is in its
            // cgroup. A time namespace takes offsets until somebody is in it, so the child, which
            // enters it when it executes the program, makes that, too.
            namespaces &= ~std::uint64_t{CLONE_NEWCGROUP | CLONE_NEWTIME};
            return clone_for_parent(namespaces, request.cgroup.get());
        }
        if ((namespaces & CLONE_NEWPID) == 0) return clone_for_parent(0, request.cgroup.get());
        // A process cannot move to another pid namespace, only its future children can.
        if (::setns(request.container.get(), CLONE_NEWPID) != 0) {
            return errno_error("joining the container's pid namespace");
        }
        auto child = clone_for_parent(0, request.cgroup.get());
        if (child && *child == 0) return child;
        BULKHEAD_CHECK(::setns(own_pid_namespace_.get(), CLONE_NEWPID) == 0);
        return child;
    }

    // The agent's own -1000 would be inherited.
    static Result<void> set_oom_score(pid_t child, const oci::v1::Process& process) {
        const std::string path = concat("/proc/", child, "/oom_score_adj");
        const UniqueFd file = TRY(open_file(path, O_WRONLY));
        const std::string text = std::to_string(process.oom_score_adj());
        return write_full(file.get(), std::as_bytes(std::span(text)));
    }

    PacketChannel channel_;
    UniqueFd own_pid_namespace_;
    SeccompCache seccomp_;
};

[[noreturn]] void run_launcher(PacketChannel channel) {
    ::prctl(PR_SET_NAME, "launcher");
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // A process that joins a container must not be open to the container's ptrace or /proc/PID/exe
    // before it executes the program (CVE-2016-9962, CVE-2019-5736). exec makes it dumpable again.
    ::prctl(PR_SET_DUMPABLE, 0);
    auto ended = LauncherProcess(std::move(channel)).run();
    if (!ended) log::error(ended.error().message());
    std::_Exit(ended ? 0 : 1);
}

}  // namespace

Result<Launcher> Launcher::fork() {
    auto [ours, theirs] = TRY(PacketChannel::create_pair());
    const pid_t pid = ::fork();
    if (pid < 0) return errno_error("fork");
    if (pid == 0) {
        {
            const PacketChannel closed = std::move(ours);
        }
        run_launcher(std::move(theirs));
    }
    return Launcher(pid, std::move(ours));
}

}  // namespace bulkhead::agent
