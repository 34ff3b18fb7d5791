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
constexpr int kPausesForVmm = 500;    // 10 s from the kill of the VM to the end of its owner
constexpr int kPausesForOwner = 100;  // 2 s more after SIGKILL

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

// Signals through a pidfd, so that a number that was given to another process meanwhile is not hit:
// the check comes after the pidfd is open.
void kill_process(pid_t pid, pid_t expected_parent) {
    if (pid <= 0) return;
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process.valid()) return;
    if (expected_parent > 0 && parent_of(pid) != expected_parent) return;
    static_cast<void>(::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0));
}

Result<bool> wait_for_lock(const UniqueFd& lock, int pauses) {
    for (int i = 0; i < pauses; ++i) {
        if (TRY(try_lock(lock))) return true;
        std::this_thread::sleep_for(kPause);
    }
    return false;
}

}  // namespace

Result<void> end_owner(const Record& record, const UniqueFd& lock) {
    // While the lock is held the owner lives, and its VMM is its child until reaped.
    kill_process(record.vmm_pid, record.owner_pid);
    if (TRY(wait_for_lock(lock, kPausesForVmm))) return {};
    kill_process(record.owner_pid, 0);
    if (TRY(wait_for_lock(lock, kPausesForOwner))) return {};
    return Error(concat("container ", record.name, ": process ", record.owner_pid,
                        " does not let go of it"));
}

}  // namespace bulkhead::state
