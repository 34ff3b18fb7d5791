#include "host/cgroup/supervisor.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <string_view>

#include "base/syscalls.h"
#include "host/cgroup/fork.h"

namespace bulkhead::cgroup {

namespace {

constexpr std::string_view kWeight = "1000";
// It has about a dozen.
constexpr std::string_view kThreads = "1024";
// The children of remove_after_us().
constexpr const char* kEnding = "/ending";
constexpr std::string_view kEndingProcesses = "16384";

// No error: another supervisor of the container has left, and taken it along in this moment.
Result<bool> make_in(const Place& container, const std::string& path) {
    if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return true;
    if (errno != ENOENT) return errno_error("make the cgroup " + path);
    TRY(prepare(container));
    if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return true;
    if (errno != ENOENT) return errno_error("make the cgroup " + path);
    return false;
}

bool is_gone(const Error& error) {
    return error.is(std::errc::no_such_file_or_directory) || error.is(std::errc::no_such_device);
}

Result<UniqueFd> open_ending(const std::string& path) {
    const bool made = ::mkdir(path.c_str(), 0755) == 0;
    if (!made && errno != EEXIST) return errno_error("make the cgroup " + path);
    if (made) TRY(write_setting(path + "/pids.max", kEndingProcesses));
    return open_file(path, O_RDONLY | O_DIRECTORY);
}

// Its last thread is gone a moment before the kernel lets its cgroup go.
constexpr int kSoon = 10;
// A supervisor that was killed before it had ended its monitor: that dies with it, and takes as
// long as a machine's end takes.
constexpr int kLater = 10'000;

void remove_within(int attempts, const char* path) {
    constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 1'000'000};
    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (::rmdir(path) == 0 || errno != EBUSY) return;
        ::nanosleep(&kPause, nullptr);
    }
}

// Only async-signal-safe calls.
[[noreturn]] void await_and_remove(int parent, const char* machine, const char* supervisor,
                                   const char* path) {
    // Nothing of the parent's stays open: locks, connections, and the pipe that it waits at.
    ::dup2(parent, 0);
    ::syscall(SYS_close_range, 1, ~0U, 0);
    pollfd ended{.fd = 0, .events = POLLIN, .revents = 0};
    while (::poll(&ended, 1, -1) < 0 && errno == EINTR) continue;
    remove_within(kLater, machine);
    remove_within(kSoon, supervisor);
    remove_within(kSoon, path);
    ::_exit(0);
}

}  // namespace

Result<UniqueFd> open_supervisor(const Place& container) {
    constexpr int kAttempts = 10;
    const std::string path = container.path() + kSupervisor;
    const auto open_made = [&]() -> Result<UniqueFd> {
        TRY(write_setting(path + "/cpu.weight", kWeight));
        TRY(write_setting(path + "/pids.max", kThreads));
        return open_file(path, O_RDONLY | O_DIRECTORY);
    };
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        if (!TRY(make_in(container, path))) continue;
        auto opened = open_made();
        if (opened || !is_gone(opened.error())) return opened;
    }
    return Error(path + " goes as often as it is made");
}

Result<void> remove_after_us(const std::string& path) {
    const std::string machine = path + kMachine;
    const std::string supervisor = path + kSupervisor;
    const std::string parent = std::filesystem::path(path).parent_path().string();
    const UniqueFd ending = TRY(open_ending(parent + kEnding));
    const UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    if (!self.valid()) return errno_error("pidfd_open");
    auto pipe = TRY(make_pipe());
    const pid_t pid = fork_into(ending.get());
    if (pid < 0) return errno_error("fork");
    if (pid == 0) await_and_remove(self.get(), machine.c_str(), supervisor.c_str(), path.c_str());
    pipe.second.reset();
    std::byte nothing{};
    TRY(read_full(pipe.first.get(), std::span(&nothing, 1)));
    return {};
}

}  // namespace bulkhead::cgroup
