#include "host/image/image_config.h"

#include "base/text.h"
#include "host/image/json_fields.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

Result<std::optional<Healthcheck>> parse_healthcheck(const Json& config) {
    const Json* found = member(config, "Healthcheck");
    if (found == nullptr) return std::optional<Healthcheck>();
    Healthcheck check;
    check.test = TRY(strings_member(*found, "Test"));
    check.interval = TRY(integer_member(*found, "Interval")).value_or(0);
    check.timeout = TRY(integer_member(*found, "Timeout")).value_or(0);
    check.start_period = TRY(integer_member(*found, "StartPeriod")).value_or(0);
    check.start_interval = TRY(integer_member(*found, "StartInterval")).value_or(0);
    check.retries = TRY(integer_member(*found, "Retries")).value_or(0);
    return std::optional<Healthcheck>(std::move(check));
}

Result<ImageConfig> parse_config(const Json& value) {
    ImageConfig config;
    config.env = TRY(strings_member(value, "Env"));
    config.entrypoint = TRY(strings_member(value, "Entrypoint"));
    config.cmd = TRY(strings_member(value, "Cmd"));
    config.working_dir = TRY(string_member(value, "WorkingDir"));
    config.user = TRY(string_member(value, "User"));
    config.exposed_ports = TRY(keys_member(value, "ExposedPorts"));
    config.volumes = TRY(keys_member(value, "Volumes"));
    config.labels = TRY(string_map_member(value, "Labels"));
    config.stop_signal = TRY(string_member(value, "StopSignal"));
    config.healthcheck = TRY(parse_healthcheck(value));
    return config;
}

Result<std::vector<Digest>> parse_diff_ids(const Json& value) {
    std::vector<Digest> diff_ids;
    const Json* rootfs = member(value, "rootfs");
    if (rootfs == nullptr) return Error("no \"rootfs\": not an image's config");
    if (TRY(string_member(*rootfs, "type")) != "layers")
        return Error("\"rootfs\" is not of type \"layers\"");
    for (const std::string& text : TRY(strings_member(*rootfs, "diff_ids"))) {
        diff_ids.push_back(TRY(Digest::parse(text)));
    }
    if (diff_ids.size() > kMaxLayers) return Error(concat("more than ", kMaxLayers, " layers"));
    return diff_ids;
}

// For show only: the store never relies on it.
Result<std::vector<HistoryEntry>> parse_history(const Json& value) {
    std::vector<HistoryEntry> history;
    const Json* entries = TRY(array_member(value, "history", kMaxConfigItems));
    if (entries == nullptr) return history;
    for (const Json& item : *entries) {
        HistoryEntry entry;
        entry.created = TRY(string_member(item, "created"));
        entry.created_by = TRY(string_member(item, "created_by"));
        entry.comment = TRY(string_member(item, "comment"));
        const Json* empty = member(item, "empty_layer");
        entry.empty_layer = empty != nullptr && empty->is_boolean() && empty->get<bool>();
        history.push_back(std::move(entry));
    }
    return history;
}

}  // namespace

Result<ImageDescription> parse_image_description(std::string_view json) {
    const Json value = TRY(parse_json(json));
    ImageDescription description;
    description.created = TRY(string_member(value, "created"));
    description.author = TRY(string_member(value, "author"));
    description.os = TRY(string_member(value, "os"));
    description.architecture = TRY(string_member(value, "architecture"));
    description.variant = TRY(string_member(value, "variant"));
    if (const Json* config = member(value, "config"); config != nullptr) {
        description.config = TRY(parse_config(*config));
    }
    description.diff_ids = TRY(parse_diff_ids(value));
    description.history = TRY(parse_history(value));
    return description;
}

}  // namespace bulkhead::image
