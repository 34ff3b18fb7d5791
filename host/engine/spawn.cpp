#include "host/engine/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <span>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/cgroup/fork.h"
#include "host/cgroup/supervisor.h"

namespace bulkhead::engine {

namespace {

constexpr int kMostDescriptors = kLockDescriptor + 1;

// What becomes its descriptors 0, 1, ...
using Sources = std::span<const int>;

constexpr const char* kOurselves = "/proc/self/exe";

// Above the descriptors that the child assigns, so that none is overwritten before it is used.
Result<UniqueFd> duplicate_high(int fd) {
    UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, kMostDescriptors));
    if (!copy.valid()) return errno_error("duplicate descriptor");
    return copy;
}

// What the grandchild becomes.
struct Successor {
    Sources sources;
    char* const* arguments = nullptr;
    char* const* environment = nullptr;
};

// Runs in the grandchild: only async-signal-safe calls. Gives the error number of what failed.
int become_supervisor(const Successor& successor) {
    int target = 0;
    for (const int source : successor.sources) {
        if (::dup2(source, target) < 0) return errno;
        ++target;
    }
    if (::syscall(SYS_close_range, target, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return errno;
    if (::setsid() < 0) return errno;
    if (::chdir("/") != 0) return errno;
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(kOurselves, successor.arguments, successor.environment);
    return errno;
}

// In between, so that the supervisor is nobody's child and leaves no zombie with a long-lived
// parent.
[[noreturn]] void run_child(const Successor& successor, int cgroup, int failure_pipe) {
    const pid_t pid = cgroup < 0 ? ::fork() : cgroup::fork_into(cgroup);
    if (pid > 0) ::_exit(0);
    const int failure = pid < 0 ? errno : become_supervisor(successor);
    [[maybe_unused]] const ssize_t ignored = ::write(failure_pipe, &failure, sizeof(failure));
    ::_exit(127);
}

// All that a supervisor needs to know is in its words. What else the environment says to libraries
// (where to find plug-ins, what to write where) is not for a process that outlives its command.
std::string supervisor_environment() {
    constexpr const char* kFaults = "BULKHEAD_FAULT";
    const char* const faults = std::getenv(kFaults);
    return faults == nullptr ? std::string() : concat(kFaults, "=", faults);
}

void reap(pid_t pid) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

// `cgroup`: invalid, and the supervisor stays in the one of whoever starts it.
Result<UniqueFd> spawn_into(const UniqueFd& cgroup, const std::vector<std::string>& words,
                            const std::string& log, const UniqueFd& lock) {
    const UniqueFd null_file = TRY(open_file("/dev/null", O_RDWR));
    const UniqueFd log_file = TRY(open_file(log, O_WRONLY | O_CREAT | O_APPEND, 0600));
    const UniqueFd null = TRY(duplicate_high(null_file.get()));
    const UniqueFd errors = TRY(duplicate_high(log_file.get()));
    auto pair = TRY(make_socketpair(SOCK_SEQPACKET));
    const UniqueFd theirs = TRY(duplicate_high(pair.second.get()));
    std::vector<int> sources = {null.get(), null.get(), errors.get(), theirs.get()};
    UniqueFd their_lock;
    if (lock.valid()) {
        their_lock = TRY(duplicate_high(lock.get()));
        sources.push_back(their_lock.get());
    }
    auto failure = TRY(make_pipe());
    UniqueFd failure_end = TRY(duplicate_high(failure.second.get()));

    std::vector<char*> arguments = {const_cast<char*>("bulkhead")};  // execv does not change them
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    std::string faults = supervisor_environment();
    std::vector<char*> environment;
    if (!faults.empty()) environment.push_back(faults.data());
    environment.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid < 0) return errno_error("fork");
    if (pid == 0) {
        run_child({sources, arguments.data(), environment.data()}, cgroup.get(), failure_end.get());
    }
    reap(pid);
    failure.second.reset();
    failure_end.reset();
    int number = 0;
    const auto count =
        read_full(failure.first.get(), std::as_writable_bytes(std::span(&number, 1)));
    if (count && *count == sizeof(number))
        return errno_error(number, "start the container's supervisor");
    TRY(set_nonblocking(pair.first.get()));
    return std::move(pair.first);
}

}  // namespace

Result<UniqueFd> spawn_supervisor(const std::vector<std::string>& words, const std::string& log,
                                  const UniqueFd& lock, const std::optional<cgroup::Place>& place) {
    constexpr int kAttempts = 10;
    for (int attempt = 0; place && attempt < kAttempts; ++attempt) {
        const auto cgroup = cgroup::open_supervisor(*place);
        // Its machine will have none either, and says why.
        if (!cgroup) break;
        std::vector<std::string> more = words;
        more.push_back(std::string(kCgroupWord) + place->path());
        auto started = spawn_into(*cgroup, more, log, lock);
        // The container's last supervisor has ended this moment, and its cgroup with it.
        if (started || !started.error().is(std::errc::no_such_device)) return started;
    }
    return spawn_into({}, words, log, lock);
}

}  // namespace bulkhead::engine
