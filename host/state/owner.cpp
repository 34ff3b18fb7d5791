#include "host/state/owner.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/state/layout.h"

namespace bulkhead::state {

namespace {

constexpr std::chrono::milliseconds kPause{20};
constexpr int kPausesToObey = 250;  // 5 s from SIGQUIT to the end of the owner
constexpr int kPausesToDie = 100;   // 2 s more after SIGKILL

// The parent of a process, or -1.
pid_t parent_of(pid_t pid) {
    constexpr std::size_t kEnough = 4096;
    const auto stat = read_file(concat("/proc/", pid, "/stat"), kEnough);
    if (!stat) return -1;
    // "pid (name) state ppid ...": the name may hold anything but ends at the last parenthesis.
    const std::size_t name_end = stat->rfind(") ");
    if (name_end == std::string::npos || stat->size() < name_end + 5) return -1;
    return std::atoi(stat->c_str() + name_end + 4);
}

// Signals through a pidfd that is opened before `is_it` is asked, so that a number which was given
// to another process meanwhile is not hit.
template <class Check>
void signal_process(pid_t pid, int signal, Check is_it) {
    if (pid <= 0) return;
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (process.valid() && is_it())
        ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
}

// Takes the lock as soon as it is free.
Result<bool> wait_for_lock(const UniqueFd& lock, int pauses) {
    for (int i = 0; i < pauses; ++i) {
        if (TRY(try_lock(lock))) return true;
        std::this_thread::sleep_for(kPause);
    }
    return false;
}

}  // namespace

Result<void> end_owner(const std::string& directory, const UniqueFd& lock) {
    Record record = TRY(read_record(directory));
    signal_process(record.owner_pid, SIGQUIT, [&] { return lock_is_held(directory); });
    if (TRY(wait_for_lock(lock, kPausesToObey))) return {};
    // It hangs, or somebody stopped it. While the lock is held the owner lives, and the monitor is
    // its child until reaped.
    if (const auto current = read_record(directory)) record = *current;
    signal_process(record.vmm_pid, SIGKILL,
                   [&] { return parent_of(record.vmm_pid) == record.owner_pid; });
    signal_process(record.owner_pid, SIGKILL, [&] { return lock_is_held(directory); });
    if (TRY(wait_for_lock(lock, kPausesToDie))) return {};
    return Error(concat("container ", record.name, ": process ", record.owner_pid,
                        " does not let go of it"));
}

}  // namespace bulkhead::state
