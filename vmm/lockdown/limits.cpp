#include "vmm/lockdown/limits.h"

#include <sys/resource.h>

#include <algorithm>

namespace bulkhead::lockdown {

namespace {

// A thousand vsock streams, as many again on their way to the host, disks, queues.
constexpr rlim_t kMaxDescriptors = 4096;

Result<void> limit(__rlimit_resource resource, rlim_t most) {
    rlimit bounds{};
    if (::getrlimit(resource, &bounds) != 0) return errno_error("getrlimit");
    bounds.rlim_max = std::min(bounds.rlim_max, most);
    bounds.rlim_cur = bounds.rlim_max;
    if (::setrlimit(resource, &bounds) != 0) return errno_error("setrlimit");
    return {};
}

}  // namespace

Result<void> set_limits() {
    TRY(limit(RLIMIT_CORE, 0));
    TRY(limit(RLIMIT_MEMLOCK, 0));
    TRY(limit(RLIMIT_MSGQUEUE, 0));
    return limit(RLIMIT_NOFILE, kMaxDescriptors);
}

}  // namespace bulkhead::lockdown
