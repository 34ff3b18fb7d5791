#include "guest-agent/spec/namespaces.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <utility>

#include "proto/oci.pb.h"

namespace bulkhead::agent {

std::optional<std::uint64_t> namespace_flag(std::string_view type) {
    using Entry = std::pair<std::string_view, std::uint64_t>;
    constexpr std::array<Entry, 8> kFlags = {{
        {"pid", CLONE_NEWPID},
        {"mount", CLONE_NEWNS},
        {"uts", CLONE_NEWUTS},
        {"ipc", CLONE_NEWIPC},
        {"cgroup", CLONE_NEWCGROUP},
        {"user", CLONE_NEWUSER},
        {"network", CLONE_NEWNET},
        {"time", CLONE_NEWTIME},
    }};
    const auto* found = std::find_if(kFlags.begin(), kFlags.end(),
                                     [&](const Entry& each) { return each.first == type; });
    if (found == kFlags.end()) return std::nullopt;
    return found->second;
}

std::uint64_t namespace_flags(const oci::v1::Linux& linux) {
    std::uint64_t flags = 0;
    for (const auto& each : linux.namespaces()) flags |= namespace_flag(each.type()).value_or(0);
    return flags;
}

std::uint64_t namespace_flags(const oci::v1::Spec& spec) {
    return namespace_flags(spec.linux());
}

}  // namespace bulkhead::agent
