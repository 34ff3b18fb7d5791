#include "tools/bulkhead/container_json.h"

#include "base/syscalls.h"
#include "base/text.h"
#include "host/cgroup/place.h"
#include "host/engine/container_config.h"
#include "host/logs/log_time.h"
#include "host/state/state_store.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/container_config_json.h"

namespace bulkhead::cli {

namespace {

// docker's word for a time that has not come.
std::string time_text(std::int64_t seconds) {
    return seconds == 0 ? "0001-01-01T00:00:00Z" : logs::format_time(seconds * 1'000'000'000);
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
            {"StartedFrom", record.started_from},
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

// What the kernel holds it to, as it says itself: processor time is its machine's and its
// supervisor's, all else the machine's. null: the machine does not run, or has no cgroup.
Json cgroup_json(const state::Record& record) {
    constexpr std::size_t kMostBytes = 64 * 1024;
    const auto layer = record.jail.find("cgroup");
    if (!state::is_live(record.status) || layer == record.jail.end() || !layer->second.empty())
        return {};
    Json json = {{"Path", record.cgroup}};
    const auto add = [&](const std::string& folder, const char* file) {
        auto text = read_file(concat(folder, "/", file), kMostBytes);
        if (!text) return;
        while (text->ends_with('\n')) text->pop_back();
        json[file] = *text;
    };
    for (const char* file : {"cpu.max", "cpu.weight"}) add(record.cgroup, file);
    const std::string machine = record.cgroup + cgroup::kMachine;
    for (const char* file :
         {"memory.max", "memory.swap.max", "memory.current", "pids.max", "io.max"})
        add(machine, file);
    return json;
}

// docker's AppArmorProfile, of the machine's monitor: "" when none confines it.
std::string apparmor_profile(const state::Record& record) {
    constexpr std::size_t kMostBytes = 4096;
    if (!state::is_live(record.status)) return "";
    const auto label =
        read_file(concat("/proc/", record.vmm_pid, "/attr/apparmor/current"), kMostBytes);
    if (!label || label->starts_with("unconfined")) return "";
    return label->substr(0, label->find_first_of(" \n"));  // "NAME (enforce)"
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
                {"Cgroup", cgroup_json(record)},
                {"AppArmorProfile", apparmor_profile(record)},
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
