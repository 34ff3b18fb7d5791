#include "host/templates/entry.h"

#include <nlohmann/json.hpp>

#include "base/json_member.h"
#include "host/sandbox/writable_disk.h"
#include "host/templates/slots.h"

namespace bulkhead::templates {

namespace {

using Json = nlohmann::json;

// Registers of 32 processors and the devices' queues: kilobytes.
constexpr std::uint64_t kMostStateBytes = std::uint64_t{8} << 20U;
constexpr std::uint64_t kSector = 512;

Result<void> read_prepared(const Json& json, Entry& entry) {
    entry.disk_file_bytes = TRY(integer_at<std::uint64_t>(json, "disk_file_bytes"));
    if (entry.disk_file_bytes % kSector != 0 ||
        entry.disk_file_bytes > sandbox::WritableDisk::kLargest)
        return Error("a disk of an impossible size");
    entry.disks = TRY(integer_at<std::uint32_t>(json, "disks"));
    if (entry.disks == 0 || entry.disks > kSlots.size())
        return Error("a machine without an image's disk");
    entry.image = TRY(string_at(json, "image"));
    return {};
}

}  // namespace

std::string to_text(const Entry& entry) {
    Json json = {{"key", to_json(entry.key)},
                 {"state_bytes", entry.state_bytes},
                 {"memory_file_bytes", entry.memory_file_bytes},
                 {"created_at", static_cast<std::uint64_t>(entry.created_at)}};
    if (entry.key.prepared) {
        json["disk_file_bytes"] = entry.disk_file_bytes;
        json["disks"] = entry.disks;
        json["image"] = entry.image;
    }
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Entry> parse_entry(std::string_view text) {
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("key")) return Error("not a template's key.json");
    Entry entry;
    entry.key = TRY(parse_key(json["key"]));
    entry.state_bytes = TRY(integer_at<std::uint64_t>(json, "state_bytes"));
    entry.memory_file_bytes = TRY(integer_at<std::uint64_t>(json, "memory_file_bytes"));
    entry.created_at = TRY(integer_at<std::int64_t>(json, "created_at"));
    if (entry.created_at < 0 || entry.created_at > kLatestSecond)
        return Error("made at an impossible time");
    if (entry.state_bytes == 0 || entry.state_bytes > kMostStateBytes)
        return Error("a state of an impossible size");
    if (entry.memory_file_bytes != entry.key.shape.memory_bytes)
        return Error("memory of another size than the machine's");
    if (entry.key.prepared) TRY(read_prepared(json, entry));
    return entry;
}

}  // namespace bulkhead::templates
