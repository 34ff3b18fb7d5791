#include "tools/bulkhead/container_json.h"

#include "base/syscalls.h"
#include "host/engine/container_config.h"
#include "host/logs/log_time.h"
#include "host/state/state_store.h"
#include "proto/container.pb.h"

namespace bulkhead::cli {

namespace {

// docker's word for a time that has not come.
std::string time_text(std::int64_t seconds) {
    return seconds == 0 ? "0001-01-01T00:00:00Z" : logs::format_time(seconds * 1'000'000'000);
}

template <class Values>
Json list_of(const Values& values) {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(value);
    return list;
}

Json state_json(const state::Record& record) {
    const bool live = state::is_live(record.status);
    return {{"Status", state::status_name(record.status)},
            // docker's: the machine is there.
            {"Running", live},
            {"Paused", record.status == state::Status::Paused},
            {"Restarting", record.status == state::Status::Restarting},
            {"Dead", record.status == state::Status::Dead},
            {"OOMKilled", record.oom_killed},
            {"Pid", live ? record.vmm_pid : 0},
            {"SupervisorPid", live ? record.owner_pid : 0},
            {"ExitCode", record.exit_code},
            {"Error", record.error},
            {"StartedAt", time_text(record.started_at)},
            {"FinishedAt", time_text(record.finished_at)}};
}

// A word for each layer of the jail around the machine's monitor.
Json jail_json(const state::Record& record) {
    Json layers = Json::object();
    for (const auto& [name, missing] : record.jail) {
        layers[name] = missing.empty() ? "on" : "missing: " + missing;
    }
    return layers;
}

Json config_json(const container::v1::Config& config) {
    const auto& process = config.spec().process();
    Json labels = Json::object();
    for (const auto& [key, value] : config.labels()) labels[key] = value;
    return {{"Hostname", config.spec().hostname()},
            {"User", process.user().username()},
            {"Tty", process.terminal()},
            {"OpenStdin", config.open_stdin()},
            {"StdinOnce", config.stdin_once()},
            {"Env", list_of(process.env())},
            {"Cmd", list_of(process.args())},
            {"Image", config.image()},
            {"WorkingDir", process.cwd()},
            {"Labels", labels},
            {"StopSignal", config.stop_signal()},
            {"StopTimeout", config.stop_timeout_seconds()}};
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

// What the last checks said; written by the supervisor.
Json health_json(const state::StateStore& store, const state::Record& record) {
    constexpr std::size_t kMostBytes = 1024 * 1024;
    const auto text = read_file(store.directory_of(record) + "/health.json", kMostBytes);
    Json json = text ? Json::parse(*text, nullptr, /*allow_exceptions=*/false) : Json();
    if (!json.is_object()) json = {{"FailingStreak", 0}, {"Log", Json::array()}};
    json["Status"] = record.health;
    return json;
}

Json host_config_json(const container::v1::Config& config) {
    const auto& machine = config.machine();
    return {{"AutoRemove", config.auto_remove()},
            {"Memory", machine.memory_bytes()},
            {"CpuCount", machine.cpus()},
            {"ReadonlyRootfs", config.spec().root_readonly()},
            {"DiskBytes", machine.disk_bytes()},
            {"RestartPolicy",
             {{"Name", restart_name(config.restart())},
              {"MaximumRetryCount", config.restart().most()}}},
            {"Init", config.init()},
            {"PidsLimit", config.spec().linux().resources().pids_limit()},
            {"CpuShares", config.spec().linux().resources().cpu_shares()},
            {"Kernel", machine.kernel()},
            {"JailRequired", machine.jail_required()},
            {"KernelArguments", machine.kernel_arguments()},
            {"Capabilities", list_of(config.spec().process().capabilities().bounding())}};
}

// The first word is the program, the others its arguments.
Json arguments_of(const container::v1::Config& config) {
    Json list = Json::array();
    const auto& words = config.spec().process().args();
    for (int i = 1; i < words.size(); ++i) list.push_back(words[i]);
    return list;
}

}  // namespace

Result<Json> container_json(const state::StateStore& store, const state::Record& record) {
    const auto config = TRY(engine::load_config(store.directory_of(record)));
    const auto& words = config.spec().process().args();
    Json state = state_json(record);
    if (!record.health.empty()) state["Health"] = health_json(store, record);
    return Json{{"Id", record.id},
                {"Created", time_text(record.created_at)},
                {"Path", words.empty() ? "" : words[0]},
                {"Args", arguments_of(config)},
                {"State", state},
                {"RestartCount", record.restart_count},
                {"Jail", jail_json(record)},
                {"Image", config.image_id()},
                {"LogPath", store.log_of(record)},
                {"Name", "/" + record.name},
                {"Platform", "linux"},
                {"Mounts", Json::array()},
                {"Config", config_json(config)},
                {"HostConfig", host_config_json(config)}};
}

void add_container_sizes(Json& json, std::uint64_t own, std::uint64_t image) {
    json["SizeRw"] = own;
    json["SizeRootFs"] = own + image;
}

}  // namespace bulkhead::cli
