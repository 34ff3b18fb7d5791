#include "host/state/container.h"

#include <unistd.h>

#include <ctime>

#include "base/log.h"
#include "base/syscalls.h"
#include "host/state/layout.h"

namespace bulkhead::state {

Container::Container(std::string directory, std::string name_link, std::string log, UniqueFd lock,
                     Record record)
    : directory_(std::move(directory)),
      name_link_(std::move(name_link)),
      log_(std::move(log)),
      lock_(std::move(lock)),
      record_(std::move(record)) {}

Container::~Container() {
    // A moved-from object owns no lock.
    if (keep_ || !lock_.valid()) return;
    if (const auto removed = remove(); !removed) log::warning(removed.error().message());
}

Result<void> Container::set_starting(bool by_policy) {
    Record next = record_;
    next.restart_count = by_policy ? record_.restart_count + 1 : 0;
    next.manually_stopped = false;
    next.health.clear();
    next.jail.clear();
    next.started_from.clear();
    next.boot_id = host_boot_id();
    next.status = Status::Starting;
    next.owner_pid = ::getpid();
    next.vmm_pid = 0;
    next.exit_code = 0;
    next.oom_killed = false;
    next.error.clear();
    return write(next);
}

Result<void> Container::set_running(pid_t vmm_pid, std::string health,
                                    std::map<std::string, std::string> jail,
                                    std::string started_from) {
    Record next = record_;
    next.started_from = std::move(started_from);
    next.jail = std::move(jail);
    next.health = std::move(health);
    next.status = Status::Running;
    next.vmm_pid = vmm_pid;
    next.started_at = ::time(nullptr);
    return write(next);
}

Result<void> Container::set_paused(bool paused) {
    Record next = record_;
    next.status = paused ? Status::Paused : Status::Running;
    return write(next);
}

Result<void> Container::set_restarting(int exit_code, bool oom_killed, std::string error) {
    Record next = record_;
    next.status = Status::Restarting;
    next.vmm_pid = 0;
    next.finished_at = ::time(nullptr);
    next.exit_code = exit_code;
    next.oom_killed = oom_killed;
    next.error = std::move(error);
    return write(next);
}

Result<void> Container::set_manually_stopped() {
    Record next = record_;
    next.manually_stopped = true;
    return write(next);
}

Result<void> Container::set_health(std::string health) {
    Record next = record_;
    next.health = std::move(health);
    return write(next);
}

Result<void> Container::set_stopping() {
    Record next = record_;
    next.status = Status::Stopping;
    return write(next);
}

Result<void> Container::set_exited(int exit_code, bool oom_killed, std::string error) {
    Record next = record_;
    next.status = Status::Exited;
    next.vmm_pid = 0;
    next.finished_at = ::time(nullptr);
    next.exit_code = exit_code;
    next.oom_killed = oom_killed;
    next.error = std::move(error);
    return write(next);
}

Result<void> Container::set_not_started(int exit_code, std::string error) {
    Record next = record_;
    next.status = Status::Created;
    next.exit_code = exit_code;
    next.error = std::move(error);
    return write(next);
}

Result<void> Container::set_owner() {
    Record next = record_;
    next.owner_pid = ::getpid();
    next.vmm_pid = 0;
    return write(next);
}

Result<void> Container::write(const Record& record) {
    TRY(write_file_atomically(directory_ + "/" + kStateFile, to_json(record)));
    record_ = record;
    return {};
}

Result<void> Container::remove() {
    if (directory_.empty()) return {};
    TRY(remove_container_files(directory_, name_link_));
    remove_log_files(log_);
    directory_.clear();
    return {};
}

}  // namespace bulkhead::state
