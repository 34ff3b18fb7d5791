#include "vmm/lockdown.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "base/unique_fd.h"
#include "proto/ports.h"

namespace bulkhead {

namespace {

// A thousand vsock streams, as many again on their way to the host, disks, queues.
constexpr rlim_t kMaxDescriptors = 4096;

Result<void> close_inherited() {
    if (::close_range(protocol::kVmmControlDescriptor + 1, UINT_MAX, 0) != 0) {
        return errno_error("closing inherited descriptors");
    }
    return {};
}

Result<void> limit(__rlimit_resource resource, rlim_t most) {
    rlimit bounds{};
    if (::getrlimit(resource, &bounds) != 0) return errno_error("getrlimit");
    bounds.rlim_max = std::min(bounds.rlim_max, most);
    bounds.rlim_cur = bounds.rlim_max;
    if (::setrlimit(resource, &bounds) != 0) return errno_error("setrlimit");
    return {};
}

// The kernel's table of descriptors grows by waiting for an RCU grace period, tens of milliseconds,
// once a process has several threads. Growing it now, before there are any, costs nothing.
void grow_descriptor_table() {
    constexpr int kEnough = 512;
    const UniqueFd high(::fcntl(protocol::kVmmControlDescriptor, F_DUPFD_CLOEXEC, kEnough));
}

}  // namespace

Result<void> lock_down() {
    TRY(close_inherited());
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno_error("no_new_privs");
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return errno_error("not dumpable");
    TRY(limit(RLIMIT_CORE, 0));
    TRY(limit(RLIMIT_NOFILE, kMaxDescriptors));
    grow_descriptor_table();
    return {};
}

}  // namespace bulkhead
