// A bundle's config.json: mounts, and linux.resources as far as cgroup v2 in the guest has it.
#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"
#include "host/runtime/bundle.h"
#include "host/runtime/json_node.h"
#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

Result<void> read_memory(const JsonNode& json, oci::v1::Resources& resources) {
    if (const auto limit = TRY(json.integer("limit", -1, kMost)); limit)
        resources.set_memory_limit_bytes(*limit);
    if (const auto swap = TRY(json.integer("swap", -1, kMost)); swap)
        resources.set_memory_swap_bytes(*swap);
    if (const auto least = TRY(json.integer("reservation", -1, kMost)); least)
        resources.set_memory_reservation_bytes(*least);
    if (json.has("swappiness"))
        return json.error("swappiness", "a guest has no swap, and cgroup v2 no swappiness");
    if (TRY(json.boolean("disableOOMKiller")))
        return json.error("disableOOMKiller", "cgroup v2 cannot turn the OOM killer off");
    return {};
}

Result<void> read_cpu(const JsonNode& json, oci::v1::Resources& resources) {
    if (const auto shares = TRY(json.size("shares")); shares) resources.set_cpu_shares(*shares);
    if (const auto quota = TRY(json.integer("quota", -1, kMost)); quota)
        resources.set_cpu_quota_us(*quota);
    if (const auto period = TRY(json.size("period")); period) resources.set_cpu_period_us(*period);
    if (const auto burst = TRY(json.size("burst")); burst) resources.set_cpu_burst_us(*burst);
    if (const auto idle = TRY(json.integer("idle", 0, 1)); idle) resources.set_cpu_idle(*idle);
    resources.set_cpuset_cpus(TRY(json.text("cpus")));
    resources.set_cpuset_mems(TRY(json.text("mems")));
    for (const char* name : {"realtimeRuntime", "realtimePeriod"}) {
        if (TRY(json.integer(name, -1, kMost)).value_or(0) > 0)
            return json.error(name, "cgroup v2 has no real-time budget");
    }
    return {};
}

struct Missing {
    const char* name;
    const char* reason;
};

// Not in cgroup v2, or not in the guest's kernel. An empty section asks for nothing.
constexpr std::array kMissing = {
    Missing{"hugepageLimits", "the guest's kernel has no reserved huge pages"},
    Missing{"blockIO",
            "the numbers of block devices are the host's, and the guest's kernel has no "
            "weights; \"unified\" can set io.max"},
    Missing{"network", "cgroup v2 has no network classes and priorities"},
    Missing{"rdma", "a guest has no RDMA devices"},
};

// Directories of the guest itself, which a container's machine does have.
bool is_of_guest(std::string_view source) {
    constexpr std::array<std::string_view, 3> kOwn = {"/proc", "/sys", "/dev"};
    return source.find("/..") == std::string_view::npos &&
           std::any_of(kOwn.begin(), kOwn.end(), [&](std::string_view own) {
               return source == own || (source.starts_with(own) && source[own.size()] == '/');
           });
}

Result<void> read_mount(const JsonNode& json, oci::v1::Mount& mount) {
    mount.set_destination(TRY(json.text("destination")));
    mount.set_type(TRY(json.text("type")));
    mount.set_source(TRY(json.text("source")));
    if (!mount.destination().starts_with('/'))
        return json.error("destination", "not an absolute path");
    bool bind = mount.type() == "bind";
    for (const std::string& option : TRY(json.texts("options"))) {
        if (option == "idmap" || option == "ridmap")
            return json.error("options", "mounts with their own id mappings are not supported");
        bind = bind || option == "bind" || option == "rbind";
        mount.add_options(option);
    }
    if (json.has("uidMappings") || json.has("gidMappings"))
        return json.error("uidMappings", "mounts with their own id mappings are not supported");
    if (bind && !is_of_guest(mount.source())) {
        return json.error("source", concat("\"", mount.source(),
                                           "\" is the host's, and no directory of the host is "
                                           "shared with a container's machine"));
    }
    if (!bind && mount.type().empty()) return json.error("type", "missing");
    return {};
}

}  // namespace

Result<void> read_resources(const JsonNode& json, oci::v1::Resources& resources) {
    if (const auto memory = TRY(json.object("memory")); memory)
        TRY(read_memory(*memory, resources));
    if (const auto cpu = TRY(json.object("cpu")); cpu) TRY(read_cpu(*cpu, resources));
    if (const auto pids = TRY(json.object("pids")); pids) {
        if (const auto limit = TRY(pids->integer("limit", -1, kMost)); limit)
            resources.set_pids_limit(*limit);
    }
    for (const auto& [file, value] : TRY(json.text_map("unified")))
        (*resources.mutable_unified())[file] = value;
    // "devices" is for a device controller, which cgroup v2 has not; the guest's devices are its
    // own.
    for (const Missing& missing : kMissing) {
        if (json.has(missing.name) && !json.value()[missing.name].empty())
            return json.error(missing.name, missing.reason);
    }
    return {};
}

Result<void> read_mounts(const JsonNode& json, oci::v1::Spec& spec) {
    for (const JsonNode& each : TRY(json.objects("mounts")))
        TRY(read_mount(each, *spec.add_mounts()));
    return {};
}

}  // namespace bulkhead::runtime
