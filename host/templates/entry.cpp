#include "host/templates/entry.h"

#include <nlohmann/json.hpp>

#include "host/sandbox/writable_disk.h"
#include "host/templates/slots.h"

namespace bulkhead::templates {

namespace {

using Json = nlohmann::json;

// Registers of 32 processors and the devices' queues: kilobytes.
constexpr std::uint64_t kMostStateBytes = std::uint64_t{8} << 20U;
constexpr std::uint64_t kSector = 512;

Result<std::uint64_t> number_at(const Json& json, const char* name) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_number_unsigned())
        return Error(std::string(name) + ": missing, or no number");
    return found->get<std::uint64_t>();
}

Result<void> read_prepared(const Json& json, Entry& entry) {
    entry.disk_file_bytes = TRY(number_at(json, "disk_file_bytes"));
    if (entry.disk_file_bytes % kSector != 0 ||
        entry.disk_file_bytes > sandbox::WritableDisk::kLargest)
        return Error("a disk of an impossible size");
    const std::uint64_t disks = TRY(number_at(json, "disks"));
    if (disks == 0 || disks > kSlots.size()) return Error("a machine without an image's disk");
    entry.disks = static_cast<std::uint32_t>(disks);
    const auto image = json.find("image");
    if (image == json.end() || !image->is_string()) return Error("image: missing, or no text");
    entry.image = image->get<std::string>();
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
    entry.state_bytes = TRY(number_at(json, "state_bytes"));
    entry.memory_file_bytes = TRY(number_at(json, "memory_file_bytes"));
    const std::uint64_t created_at = TRY(number_at(json, "created_at"));
    if (created_at > kLatestSecond) return Error("made at an impossible time");
    entry.created_at = static_cast<std::int64_t>(created_at);
    if (entry.state_bytes == 0 || entry.state_bytes > kMostStateBytes)
        return Error("a state of an impossible size");
    if (entry.memory_file_bytes != entry.key.shape.memory_bytes)
        return Error("memory of another size than the machine's");
    if (entry.key.prepared) TRY(read_prepared(json, entry));
    return entry;
}

}  // namespace bulkhead::templates
