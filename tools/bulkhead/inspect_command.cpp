// bulkhead inspect: everything that is written down about containers, in docker's JSON.
#include <iostream>

#include <nlohmann/json.hpp>

#include "host/engine/container_config.h"
#include "host/logs/log_time.h"
#include "host/state/state_store.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

namespace {

using Json = nlohmann::ordered_json;

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
            {"Running", record.status == state::Status::Running},
            {"Dead", record.status == state::Status::Dead},
            {"OOMKilled", record.oom_killed},
            {"Pid", live ? record.vmm_pid : 0},
            {"SupervisorPid", live ? record.owner_pid : 0},
            {"ExitCode", record.exit_code},
            {"Error", record.error},
            {"StartedAt", time_text(record.started_at)},
            {"FinishedAt", time_text(record.finished_at)}};
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

Json host_config_json(const container::v1::Config& config) {
    const auto& machine = config.machine();
    return {{"AutoRemove", config.auto_remove()},
            {"Memory", machine.memory_bytes()},
            {"CpuCount", machine.cpus()},
            {"ReadonlyRootfs", config.spec().root_readonly()},
            {"DiskBytes", machine.disk_bytes()},
            {"Kernel", machine.kernel()},
            {"KernelArguments", machine.kernel_arguments()},
            {"Capabilities", list_of(config.spec().process().capabilities().bounding())}};
}

Result<Json> container_json(const state::StateStore& store, const std::string& reference) {
    const state::Record record = TRY(store.find(reference));
    const auto config = TRY(engine::load_config(store.directory_of(record)));
    return Json{{"Id", record.id},
                {"Created", time_text(record.created_at)},
                {"Name", record.name},
                {"State", state_json(record)},
                {"Image", config.image_id()},
                {"LogPath", store.log_of(record)},
                {"Config", config_json(config)},
                {"HostConfig", host_config_json(config)}};
}

int inspect(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kInspectCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kInspectCommand, "'bulkhead inspect' requires at least 1 argument");
    const auto store = state::StateStore::open(context.paths);
    if (!store) return fail(kExitFailure, store.error().message());
    Json found = Json::array();
    int code = kExitOk;
    for (const std::string& reference : parsed.arguments) {
        const auto json = container_json(*store, reference);
        if (json) {
            found.push_back(*json);
        } else {
            code = fail(kExitFailure, json.error().message());
        }
    }
    std::cout << found.dump(4, ' ', false, Json::error_handler_t::replace) << "\n";
    return code;
}

}  // namespace

const Command kInspectCommand = {"inspect",
                                 "inspect CONTAINER...",
                                 "Show all that is known about containers, as JSON",
                                 "bulkhead inspect web",
                                 kExitFailure,
                                 inspect};

}  // namespace bulkhead::cli
