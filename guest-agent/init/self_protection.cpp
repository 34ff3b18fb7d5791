#include "guest-agent/init/self_protection.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string_view>

#include "base/syscalls.h"
#include "guest-agent/cgroup/cgroup.h"

namespace bulkhead::agent {
namespace {

// As systemd gives to its services, and so docker to its containers.
constexpr rlim_t kSoftDescriptors = 1024;
constexpr rlim_t kHardDescriptors = 524'288;

constexpr std::string_view kMemoryLow = "16777216";
// Ten times a container's default share: the agent does little, and others wait for it.
constexpr std::string_view kCpuWeight = "1000";

Result<void> set_descriptors(rlim_t soft) {
    const rlimit limit{.rlim_cur = soft, .rlim_max = kHardDescriptors};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return errno_error("RLIMIT_NOFILE");
    return {};
}

}  // namespace

Result<void> protect_self(const char* cgroups) {
    constexpr std::string_view kNever = "-1000";
    const UniqueFd score = TRY(open_file("/proc/self/oom_score_adj", O_WRONLY));
    TRY(write_full(score.get(), std::as_bytes(std::span(kNever))));
    const std::string top(cgroups);
    enable_controllers(top);
    const Cgroup own = TRY(Cgroup::create(top + "/agent"));
    TRY(own.write("memory.low", kMemoryLow));
    TRY(own.write("cpu.weight", kCpuWeight));
    return own.write("cgroup.procs", "0");
}

Result<void> set_inherited_limits() {
    return set_descriptors(kSoftDescriptors);
}

Result<void> raise_own_limits() {
    return set_descriptors(kHardDescriptors);
}

}  // namespace bulkhead::agent
