#include "tools/bulkhead/container_config_json.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "host/runtime/signals.h"
#include "proto/container.pb.h"

namespace bulkhead::cli {

namespace {

using container::v1::Asked;
using container::v1::Config;

constexpr std::int64_t kNanosecondsPerMicrosecond = 1000;
constexpr std::int64_t kDefaultPeriodUs = 100'000;

template <class Values>
Json list_of(const Values& values) {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(value);
    return list;
}

// docker's null for what nobody said.
template <class Values>
Json list_or_null(const Values& values) {
    return values.empty() ? Json() : list_of(values);
}

// Maps of protobuf have no order.
template <class Values>
Json object_of(const Values& values) {
    const std::map<std::string, std::string> sorted(values.begin(), values.end());
    Json object = Json::object();
    for (const auto& [key, value] : sorted) object[key] = value;
    return object;
}

bool attaches(const Asked& asked, std::string_view stream) {
    const auto& all = asked.attach();
    return std::find(all.begin(), all.end(), stream) != all.end();
}

Json health_check_json(const Config& config) {
    const auto& health = config.health();
    if (config.asked().no_health_check()) return {{"Test", {"NONE"}}};
    if (health.command().empty()) return {};
    // A command of the shell's is kept as the shell's command line.
    const bool shell =
        health.command_size() == 3 && health.command(0) == "/bin/sh" && health.command(1) == "-c";
    Json test = Json::array({shell ? "CMD-SHELL" : "CMD"});
    for (int i = shell ? 2 : 0; i < health.command_size(); ++i) test.push_back(health.command(i));
    return {{"Test", test},
            {"Interval", health.interval_ns()},
            {"Timeout", health.timeout_ns()},
            {"StartPeriod", health.start_period_ns()},
            {"StartInterval", health.start_interval_ns()},
            {"Retries", health.retries()}};
}

std::string_view restart_name(const container::v1::RestartPolicy& policy) {
    using Policy = container::v1::RestartPolicy;
    switch (policy.when()) {
        case Policy::WHEN_ALWAYS:
            return "always";
        case Policy::WHEN_ON_FAILURE:
            return "on-failure";
        case Policy::WHEN_UNLESS_STOPPED:
            return "unless-stopped";
        default:
            return "no";
    }
}

// A quota that was given as a number of CPUs is shown as one.
void add_cpu(const Config& config, Json& json) {
    const auto& resources = config.spec().linux().resources();
    const bool as_cpus = config.asked().quota_as_cpus() && resources.cpu_quota_us() > 0;
    const std::int64_t period = resources.cpu_period_us() == 0
                                    ? kDefaultPeriodUs
                                    : static_cast<std::int64_t>(resources.cpu_period_us());
    const std::int64_t microseconds_a_second = 1'000'000;
    json["NanoCpus"] = as_cpus ? resources.cpu_quota_us() * microseconds_a_second / period *
                                     kNanosecondsPerMicrosecond
                               : 0;
    json["CpuPeriod"] = as_cpus ? 0 : resources.cpu_period_us();
    json["CpuQuota"] = as_cpus ? 0 : resources.cpu_quota_us();
    json["CpuShares"] = resources.cpu_shares();
    json["CpusetCpus"] = resources.cpuset_cpus();
    json["CpusetMems"] = resources.cpuset_mems();
    json["CpuCount"] = config.machine().cpus();
}

void add_memory(const Config& config, Json& json) {
    const auto& resources = config.spec().linux().resources();
    json["Memory"] = config.machine().memory_bytes();
    json["MemoryReservation"] = resources.memory_reservation_bytes();
    json["MemorySwap"] = resources.memory_swap_bytes();
    json["ShmSize"] = config.asked().shm_bytes();
    json["PidsLimit"] = resources.pids_limit();
    json["OomScoreAdj"] = config.spec().process().oom_score_adj();
}

// docker's form. The limit is of all disks together.
Json rate_json(std::uint64_t rate) {
    if (rate == 0) return {};
    return Json::array({{{"Path", "/"}, {"Rate", rate}}});
}

void add_device_limits(const container::v1::DeviceLimits& limits, Json& json) {
    json["BlkioDeviceReadBps"] = rate_json(limits.read_bytes());
    json["BlkioDeviceWriteBps"] = rate_json(limits.write_bytes());
    json["BlkioDeviceReadIOps"] = rate_json(limits.read_operations());
    json["BlkioDeviceWriteIOps"] = rate_json(limits.write_operations());
    json["StreamBps"] = limits.stream_bytes();
    json["StreamIOps"] = limits.stream_packets();
}

Json ulimits_json(const Config& config) {
    constexpr std::string_view kPrefix = "RLIMIT_";
    Json list = Json::array();
    for (const auto& limit : config.spec().process().rlimits()) {
        std::string name = limit.type().substr(std::min(kPrefix.size(), limit.type().size()));
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        list.push_back({{"Name", name}, {"Soft", limit.soft()}, {"Hard", limit.hard()}});
    }
    return list;
}

Json tmpfs_json(const Asked& asked) {
    Json object = Json::object();
    for (const auto& mount : asked.tmpfs()) object[mount.destination()] = mount.options();
    return object;
}

Json log_json(const Config& config) {
    const auto& log = config.log();
    Json said = Json::object();
    if (log.file_bytes() != 0) said["max-size"] = std::to_string(log.file_bytes());
    if (log.files() != 0) said["max-file"] = std::to_string(log.files());
    return {{"Type", "json-file"}, {"Config", said}};
}

void add_confinement(const Config& config, Json& json) {
    const auto& spec = config.spec();
    const Asked& asked = config.asked();
    json["Privileged"] = asked.privileged();
    json["CgroupParent"] = config.machine().cgroup_parent();
    json["Security"] = config.strict() ? "strict" : "default";
    json["InitOnAlloc"] = config.machine().init_on_alloc();
    json["JailRequired"] = config.machine().jail_required();
    json["CapAdd"] = list_or_null(asked.add_capabilities());
    json["CapDrop"] = list_or_null(asked.drop_capabilities());
    json["SecurityOpt"] = list_or_null(asked.security_options());
    json["Capabilities"] = list_of(spec.process().capabilities().bounding());
    json["MaskedPaths"] = list_of(spec.linux().masked_paths());
    json["ReadonlyPaths"] = list_of(spec.linux().readonly_paths());
    json["Sysctls"] = object_of(spec.linux().sysctl());
    json["Ulimits"] = ulimits_json(config);
}

void add_names(const Asked& asked, Json& json) {
    json["ExtraHosts"] = list_or_null(asked.hosts());
    json["Dns"] = list_of(asked.name_servers());
    json["DnsSearch"] = list_of(asked.search_domains());
    json["DnsOptions"] = list_of(asked.resolver_options());
    json["NetworkMode"] = "none";
    json["PortBindings"] = Json::object();
    json["Binds"] = Json();
    json["IpcMode"] = asked.no_shm() ? "none" : "private";
}

}  // namespace

Json config_json(const Config& config) {
    const auto& process = config.spec().process();
    const Asked& asked = config.asked();
    return {{"Hostname", config.spec().hostname()},
            {"Domainname", config.spec().domainname()},
            {"User", asked.user()},
            {"AttachStdin", attaches(asked, "stdin")},
            {"AttachStdout", attaches(asked, "stdout")},
            {"AttachStderr", attaches(asked, "stderr")},
            {"Tty", process.terminal()},
            {"OpenStdin", config.open_stdin()},
            {"StdinOnce", config.stdin_once()},
            {"Env", list_of(process.env())},
            {"Entrypoint", list_or_null(asked.entrypoint())},
            {"Cmd", list_or_null(asked.command())},
            {"Image", config.image()},
            {"WorkingDir", process.cwd()},
            {"Labels", object_of(config.labels())},
            {"Healthcheck", health_check_json(config)},
            {"StopSignal", runtime::signal_name(static_cast<int>(config.stop_signal()))},
            {"StopTimeout", config.stop_timeout_seconds()}};
}

Json host_config_json(const Config& config) {
    const auto& machine = config.machine();
    Json json = {{"AutoRemove", config.auto_remove()},
                 {"ReadonlyRootfs", config.spec().root_readonly()},
                 {"DiskBytes", machine.disk_bytes()},
                 {"RestartPolicy",
                  {{"Name", restart_name(config.restart())},
                   {"MaximumRetryCount", config.restart().most()}}},
                 {"LogConfig", log_json(config)},
                 {"Init", config.init()},
                 {"GroupAdd", list_or_null(config.spec().process().user().additional_groups())},
                 {"Tmpfs", tmpfs_json(config.asked())},
                 {"Annotations", object_of(config.spec().annotations())},
                 {"Kernel", machine.kernel()},
                 {"KernelArguments", machine.kernel_arguments()}};
    add_cpu(config, json);
    add_memory(config, json);
    add_device_limits(machine.device_limits(), json);
    add_confinement(config, json);
    add_names(config.asked(), json);
    return json;
}

}  // namespace bulkhead::cli
