#include "tools/bulkhead/container_row.h"

#include "base/text.h"
#include "host/state/names.h"
#include "tools/bulkhead/listing.h"

namespace bulkhead::cli {

namespace {

using state::Record;
using state::Status;

constexpr std::size_t kCommandWidth = 20;

std::string command_text(const Record& record, bool whole) {
    std::string text;
    for (const std::string& word : record.command) text += (text.empty() ? "" : " ") + word;
    // An argument may hold anything; a list is for a terminal.
    for (char& c : text) c = c >= 0x20 && c < 0x7F ? c : '?';
    return "\"" + (whole ? text : shortened(text, kCommandWidth)) + "\"";
}

std::string labels_text(const std::map<std::string, std::string>& labels) {
    std::string text;
    for (const auto& [key, value] : labels)
        text += concat(text.empty() ? "" : ",", key, "=", value);
    return text;
}

ListColumns make_columns(bool with_size) {
    return {
        std::string(
            "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t") +
            "{{.Names}}" + (with_size ? "\t{{.Size}}" : ""),
        "{{.ID}}",
        {{"Command", "COMMAND"},
         {"CreatedAt", "CREATED AT"},
         {"ID", "CONTAINER ID"},
         {"Image", "IMAGE"},
         {"Labels", "LABELS"},
         {"LocalVolumes", "LOCAL VOLUMES"},
         {"Mounts", "MOUNTS"},
         {"Names", "NAMES"},
         {"Networks", "NETWORKS"},
         {"Ports", "PORTS"},
         {"RunningFor", "CREATED"},
         {"Size", "SIZE"},
         {"State", "STATE"},
         {"Status", "STATUS"}}};
}

std::string health_text(const Record& record) {
    if (record.health.empty()) return "";
    return record.health == "starting" ? " (health: starting)" : concat(" (", record.health, ")");
}

}  // namespace

std::string status_text(const Record& record, std::time_t now) {
    switch (record.status) {
        case Status::Created:
            return "Created";
        case Status::Starting:
            return "Starting";
        case Status::Running:
            return "Up " + duration_text(now - record.started_at) + health_text(record);
        case Status::Paused:
            return "Up " + duration_text(now - record.started_at) + " (Paused)";
        case Status::Restarting:
            return concat("Restarting (", record.exit_code, ") ",
                          duration_text(now - record.finished_at), " ago");
        case Status::Stopping:
            return "Stopping";
        case Status::Exited:
            return concat("Exited (", record.exit_code, ") ",
                          duration_text(now - record.finished_at), " ago");
        case Status::Dead:
            break;
    }
    return "Dead";
}

ListRow container_row(const ListedContainer& container, const RowDetail& detail, std::time_t now) {
    const Record& record = container.record;
    std::string size = "0B";
    if (detail.size) {
        const std::uint64_t own = disk_usage(container);
        size = concat(size_text(own), " (virtual ", size_text(own + detail.image_bytes), ")");
    }
    return {{{"Command", command_text(record, detail.whole)},
             {"CreatedAt", time_text(record.created_at)},
             {"ID", detail.whole ? record.id : state::short_id(record.id)},
             {"Image", record.image},
             {"Labels", labels_text(container.labels)},
             {"LocalVolumes", "0"},
             {"Mounts", ""},
             {"Names", record.name},
             {"Networks", "none"},
             {"Ports", ""},
             {"RunningFor", duration_text(now - record.created_at) + " ago"},
             {"Size", size},
             {"State", state::status_name(record.status)},
             {"Status", status_text(record, now)}},
            container.labels};
}

const ListColumns& container_columns(bool with_size) {
    static const ListColumns kPlain = make_columns(false);
    static const ListColumns kSized = make_columns(true);
    return with_size ? kSized : kPlain;
}

}  // namespace bulkhead::cli
