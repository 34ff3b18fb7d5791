#include "guest-agent/launch/scheduling.h"

#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-agent/spec/scheduling.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {

Result<void> set_scheduling(const oci::v1::Process& process) {
    auto attributes = TRY(scheduler(process.scheduler()));
    if (attributes && ::syscall(SYS_sched_setattr, 0, &*attributes, 0) != 0)
        return errno_error("scheduler");
    const auto priority = TRY(io_priority(process.io_priority()));
    constexpr int kOneProcess = 1;  // IOPRIO_WHO_PROCESS of <linux/ioprio.h>, which is not C++
    if (priority && ::syscall(SYS_ioprio_set, kOneProcess, 0, *priority) != 0)
        return errno_error("ioPriority");
    return {};
}

Result<void> set_personality(const std::string& domain) {
    const auto wanted = TRY(personality_of(domain));
    if (wanted && ::personality(*wanted) < 0) return errno_error("personality");
    return {};
}

}  // namespace bulkhead::agent
