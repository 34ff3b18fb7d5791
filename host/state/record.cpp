#include "host/state/record.h"

#include <nlohmann/json.hpp>

#include "base/json_member.h"
#include "base/text.h"

namespace bulkhead::state {

namespace {

using Json = nlohmann::json;

constexpr std::pair<Status, std::string_view> kStatusNames[] = {
    {Status::Created, "created"},   {Status::Starting, "starting"},
    {Status::Running, "running"},   {Status::Paused, "paused"},
    {Status::Stopping, "stopping"}, {Status::Restarting, "restarting"},
    {Status::Exited, "exited"},     {Status::Dead, "dead"},
};

Result<bool> truth_at(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_boolean()) return bad_member(key);
    return found->get<bool>();
}

Result<std::vector<std::string>> strings_at(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_array()) return bad_member(key);
    std::vector<std::string> result;
    for (const Json& item : *found) {
        if (!item.is_string()) return bad_member(key);
        result.push_back(item.get<std::string>());
    }
    return result;
}

// Records from before there was a jail have none.
Result<std::map<std::string, std::string>> reasons_at(const Json& json, const char* key) {
    std::map<std::string, std::string> result;
    const auto found = json.find(key);
    if (found == json.end()) return result;
    if (!found->is_object()) return bad_member(key);
    for (const auto& [name, reason] : found->items()) {
        if (!reason.is_string()) return bad_member(key);
        result[name] = reason.get<std::string>();
    }
    return result;
}

Result<Status> status_at(const Json& json, const char* key) {
    const std::string name = TRY(string_at(json, key));
    for (const auto& [status, text] : kStatusNames) {
        if (name == text) return status;
    }
    return bad_member(key);
}

}  // namespace

std::string_view status_name(Status status) {
    for (const auto& [value, text] : kStatusNames) {
        if (value == status) return text;
    }
    return "dead";
}

std::string to_json(const Record& record) {
    const Json json = {{"schema", Record::kSchema},
                       {"id", record.id},
                       {"name", record.name},
                       {"image", record.image},
                       {"command", record.command},
                       {"auto_remove", record.auto_remove},
                       {"status", status_name(record.status)},
                       {"owner_pid", record.owner_pid},
                       {"vmm_pid", record.vmm_pid},
                       {"created_at", record.created_at},
                       {"started_at", record.started_at},
                       {"finished_at", record.finished_at},
                       {"exit_code", record.exit_code},
                       {"oom_killed", record.oom_killed},
                       {"error", record.error},
                       {"health", record.health},
                       {"restart_count", record.restart_count},
                       {"manually_stopped", record.manually_stopped},
                       {"boot_id", record.boot_id},
                       {"jail", record.jail},
                       {"started_from", record.started_from},
                       {"cgroup", record.cgroup}};
    // Arguments may hold bytes that are no UTF-8; they are for display only.
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Record> parse_record(std::string_view text) {
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return Error("not a JSON object");
    const auto schema = TRY(integer_at<std::int64_t>(json, "schema"));
    if (schema != Record::kSchema)
        return Error(concat("written by another version of bulkhead (schema ", schema, ")"));
    Record record;
    record.id = TRY(string_at(json, "id"));
    record.name = TRY(string_at(json, "name"));
    record.image = TRY(string_at(json, "image"));
    record.command = TRY(strings_at(json, "command"));
    record.auto_remove = TRY(truth_at(json, "auto_remove"));
    record.status = TRY(status_at(json, "status"));
    record.owner_pid = TRY(integer_at<pid_t>(json, "owner_pid"));
    record.vmm_pid = TRY(integer_at<pid_t>(json, "vmm_pid"));
    record.created_at = TRY(integer_at<std::int64_t>(json, "created_at"));
    record.started_at = TRY(integer_at<std::int64_t>(json, "started_at"));
    record.finished_at = TRY(integer_at<std::int64_t>(json, "finished_at"));
    record.exit_code = TRY(integer_at<int>(json, "exit_code"));
    record.oom_killed = TRY(truth_at(json, "oom_killed"));
    record.error = TRY(string_at(json, "error"));
    record.health = TRY(string_at(json, "health"));
    record.restart_count = TRY(integer_at<int>(json, "restart_count"));
    record.manually_stopped = TRY(truth_at(json, "manually_stopped"));
    record.boot_id = TRY(string_at(json, "boot_id"));
    record.jail = TRY(reasons_at(json, "jail"));
    // Records from before there were cgroups or templates name none.
    if (json.contains("cgroup")) record.cgroup = TRY(string_at(json, "cgroup"));
    if (json.contains("started_from")) record.started_from = TRY(string_at(json, "started_from"));
    return record;
}

}  // namespace bulkhead::state
