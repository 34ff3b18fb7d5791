#include "host/templates/entry.h"

#include <limits>

#include <nlohmann/json.hpp>

namespace bulkhead::templates {

namespace {

using Json = nlohmann::json;

// Registers of 32 processors and the devices' queues: kilobytes.
constexpr std::uint64_t kMostStateBytes = std::uint64_t{8} << 20U;

// A later time has no nanoseconds.
constexpr std::uint64_t kLatestSecond = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;

Result<std::uint64_t> number_at(const Json& json, const char* name) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_number_unsigned())
        return Error(std::string(name) + ": missing, or no number");
    return found->get<std::uint64_t>();
}

}  // namespace

std::string to_text(const Entry& entry) {
    const Json json = {{"key", to_json(entry.key)},
                       {"state_bytes", entry.state_bytes},
                       {"memory_file_bytes", entry.memory_file_bytes},
                       {"created_at", static_cast<std::uint64_t>(entry.created_at)}};
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
    return entry;
}

}  // namespace bulkhead::templates
