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
constexpr int kAttempts = 10;
constexpr int kPausesForVmm = 100;    // 2 s from the kill of the VM to the end of its owner
constexpr int kPausesForOwner = 100;  // 2 s more after its SIGKILL

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

// While the lock is held its owner lives, and the monitor is the owner's child until reaped.
void end_vm(const Record& record, const std::string& directory) {
    if (record.vmm_pid == 0) {
        // Still starting: a signal ends that.
        signal_process(record.owner_pid, SIGTERM, [&] { return lock_is_held(directory); });
        return;
    }
    signal_process(record.vmm_pid, SIGKILL,
                   [&] { return parent_of(record.vmm_pid) == record.owner_pid; });
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
    Record record;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        // Read anew each time: a container that was starting may run by now.
        const auto current = read_record(directory);
        if (current) record = *current;
        end_vm(record, directory);
        if (TRY(wait_for_lock(lock, kPausesForVmm))) return {};
    }
    signal_process(record.owner_pid, SIGKILL, [&] { return lock_is_held(directory); });
    if (TRY(wait_for_lock(lock, kPausesForOwner))) return {};
    return Error(concat("container ", record.name, ": process ", record.owner_pid,
                        " does not let go of it"));
}

}  // namespace bulkhead::state
