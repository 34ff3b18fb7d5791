#include "guest-agent/spec/resource_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <utility>

namespace bulkhead::agent {

std::optional<int> resource_limit_number(std::string_view name) {
    using Entry = std::pair<std::string_view, int>;
    constexpr std::array<Entry, 16> kLimits = {{
        {"RLIMIT_AS", RLIMIT_AS},
        {"RLIMIT_CORE", RLIMIT_CORE},
        {"RLIMIT_CPU", RLIMIT_CPU},
        {"RLIMIT_DATA", RLIMIT_DATA},
        {"RLIMIT_FSIZE", RLIMIT_FSIZE},
        {"RLIMIT_LOCKS", RLIMIT_LOCKS},
        {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
        {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
        {"RLIMIT_NICE", RLIMIT_NICE},
        {"RLIMIT_NOFILE", RLIMIT_NOFILE},
        {"RLIMIT_NPROC", RLIMIT_NPROC},
        {"RLIMIT_RSS", RLIMIT_RSS},
        {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
        {"RLIMIT_RTTIME", RLIMIT_RTTIME},
        {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
        {"RLIMIT_STACK", RLIMIT_STACK},
    }};
    const auto* found = std::find_if(kLimits.begin(), kLimits.end(),
                                     [&](const Entry& each) { return each.first == name; });
    if (found == kLimits.end()) return std::nullopt;
    return found->second;
}

}  // namespace bulkhead::agent
