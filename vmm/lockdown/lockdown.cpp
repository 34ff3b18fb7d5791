#include "vmm/lockdown/lockdown.h"

#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <csignal>

#include "base/unique_fd.h"
#include "proto/ports.h"
#include "vmm/lockdown/filter.h"
#include "vmm/lockdown/landlock.h"
#include "vmm/lockdown/limits.h"
#include "vmm/lockdown/privileges.h"
#include "vmm/lockdown/rules.h"

namespace bulkhead::lockdown {

namespace {

Result<void> close_inherited() {
    if (::close_range(protocol::kVmmControlDescriptor + 1, UINT_MAX, 0) != 0) {
        return errno_error("closing inherited descriptors");
    }
    return {};
}

// The kernel's table of descriptors grows by waiting for an RCU grace period, tens of milliseconds,
// once a process has several threads. Growing it now, before there are any, costs nothing.
void grow_descriptor_table() {
    constexpr int kEnough = 512;
    const UniqueFd high(::fcntl(protocol::kVmmControlDescriptor, F_DUPFD_CLOEXEC, kEnough));
}

// The first process of a pid namespace is not ended by a signal that it sends itself, unless it has
// a handler for it. What was wrong has been printed already.
void on_abort(int /*signal*/) {
    ::_exit(kExitOfBug);
}

Result<void> load_filter(Role role) {
    const auto rules = rules_for(role);
    return seccomp::load(compile(rules, ::getpid()));
}

}  // namespace

Result<void> lock_down() {
    TRY(close_inherited());
    TRY(drop_privileges());
    TRY(set_limits());
    grow_descriptor_table();
    if (std::signal(SIGABRT, on_abort) == SIG_ERR) return errno_error("handler of SIGABRT");
    TRY(deny_all_access());
    return load_filter(Role::Start);
}

Result<void> enter(Role role) {
    return load_filter(role);
}

}  // namespace bulkhead::lockdown
