#include "host/checkpoints/entry.h"

#include <nlohmann/json.hpp>

#include "base/json_member.h"
#include "host/image/digest.h"
#include "host/sandbox/writable_disk.h"
#include "host/templates/entry.h"

namespace bulkhead::checkpoints {

namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;
// As the monitor's own bound of what it reads.
constexpr std::uint64_t kMostStateBytes = std::uint64_t{8} << 20U;
constexpr std::uint32_t kMostDisks = 12;
constexpr std::uint64_t kSector = 512;
constexpr std::size_t kIdDigits = 64;

Result<void> check_sizes(const Entry& entry) {
    if (entry.state_bytes == 0 || entry.state_bytes > kMostStateBytes)
        return Error("a state of an impossible size");
    if (entry.memory_file_bytes != entry.key.shape.memory_bytes)
        return Error("memory of another size than the machine's");
    if (entry.disk_file_bytes % kSector != 0 ||
        entry.disk_file_bytes > sandbox::WritableDisk::kLargest)
        return Error("a disk of an impossible size");
    return {};
}

}  // namespace

std::string to_text(const Entry& entry) {
    const Json json = {{"format", kFormat},
                       {"key", to_json(entry.key)},
                       {"disks", entry.disks},
                       {"container_id", entry.container_id},
                       {"container_name", entry.container_name},
                       {"image", entry.image},
                       {"image_id", entry.image_id},
                       {"state_bytes", entry.state_bytes},
                       {"memory_file_bytes", entry.memory_file_bytes},
                       {"disk_file_bytes", entry.disk_file_bytes},
                       {"created_at", static_cast<std::uint64_t>(entry.created_at)}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Entry> parse_entry(std::string_view text) {
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("key")) return Error("no checkpoint's description");
    if (TRY(integer_at<int>(json, "format")) != kFormat)
        return Error("made by another version of bulkhead");
    Entry entry;
    entry.key = TRY(templates::parse_key(json["key"]));
    entry.disks = TRY(integer_at<std::uint32_t>(json, "disks"));
    if (entry.disks == 0 || entry.disks > kMostDisks) return Error("an impossible number of disks");
    entry.container_id = TRY(string_at(json, "container_id"));
    if (entry.container_id.size() != kIdDigits || !image::is_lower_hex(entry.container_id))
        return Error("container_id: no id");
    entry.container_name = TRY(string_at(json, "container_name"));
    entry.image = TRY(string_at(json, "image"));
    entry.image_id = TRY(string_at(json, "image_id"));
    entry.state_bytes = TRY(integer_at<std::uint64_t>(json, "state_bytes"));
    entry.memory_file_bytes = TRY(integer_at<std::uint64_t>(json, "memory_file_bytes"));
    entry.disk_file_bytes = TRY(integer_at<std::uint64_t>(json, "disk_file_bytes"));
    entry.created_at = TRY(integer_at<std::int64_t>(json, "created_at"));
    if (entry.created_at < 0 || entry.created_at > templates::kLatestSecond)
        return Error("made at an impossible time");
    TRY(check_sizes(entry));
    return entry;
}

}  // namespace bulkhead::checkpoints
