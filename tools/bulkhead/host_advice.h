// What of a host's settings matters to tenants who do not trust each other, or to the time that a
// start takes: read from /proc and /sys, never changed. Nothing of it stands in a container's way.
// docs/threat-model.md, Advice for hosts. Thread: any.
#pragma once

#include <string>
#include <vector>

namespace bulkhead::cli {

struct HostFinding {
    std::string what;
    std::string detail;
    bool advice = false;  // `detail` says what could be better, and how
};

// `root` is put before every path: "" for this host. What the host does not tell is left out.
std::vector<HostFinding> examine_host(const std::string& root);

}  // namespace bulkhead::cli
