// What lies beside a template: its key.json holds anything, and is refused or says what it is read
// as; so does its list of written pages. Whatever a kernel's file and arguments are called, a key
// stays the same when it is written down. And what is taken of /proc/cpuinfo is lines of it.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "host/templates/entry.h"
#include "host/templates/host.h"
#include "host/templates/written_pages.h"

namespace {

using namespace bulkhead;
using Json = nlohmann::json;

// Of two documents where one may have more: whether all that the other one has is in it.
bool has_all(const Json& whole, const Json& part) {
    if (part.is_array() && whole.is_array()) return std::ranges::equal(whole, part, has_all);
    if (!part.is_object()) return whole == part;
    for (const auto& [name, value] : part.items()) {
        // Not read: it is the same for every key of a format.
        if (name != "slots" && (!whole.contains(name) || !has_all(whole[name], value)))
            return false;
    }
    return true;
}

void check_round_trip(const templates::Entry& entry) {
    const auto again = templates::parse_entry(templates::to_text(entry));
    BULKHEAD_CHECK(again.ok() && again->key.id() == entry.key.id());
    BULKHEAD_CHECK(again->created_at == entry.created_at);
    BULKHEAD_CHECK(again->disks == entry.disks && again->disk_file_bytes == entry.disk_file_bytes);
    BULKHEAD_CHECK(templates::to_text(*again) == templates::to_text(entry));
}

void read_entry(const std::string& text) {
    const auto entry = templates::parse_entry(text);
    if (!entry.ok()) return;
    BULKHEAD_CHECK(has_all(Json::parse(text), Json::parse(templates::to_text(*entry))));
    check_round_trip(*entry);
}

void write_entry(const std::string& text) {
    templates::Entry entry;
    entry.key.kernel.path = text;
    entry.key.kernel_arguments = text;
    entry.key.shape.memory_bytes = text.size();
    entry.state_bytes = 1;
    entry.memory_file_bytes = text.size();
    check_round_trip(entry);
    templates::FileIdentity file;
    file.path = text;
    entry.key.prepared = {"digest", {file, entry.key.kernel}};
    entry.disk_file_bytes = text.size() / 512 * 512;
    entry.disks = 1;
    entry.image = text;
    check_round_trip(entry);
}

void read_written(const std::string& text) {
    constexpr std::uint64_t kPages = 262144;
    const auto runs = templates::parse_written(text, kPages);
    if (!runs) return;
    BULKHEAD_CHECK(pages_of(*runs) <= kMostPagesOfRuns);
    BULKHEAD_CHECK(runs->empty() || runs->back().first + runs->back().count <= kPages);
    BULKHEAD_CHECK(templates::parse_written(templates::written_text(*runs), kPages).value() ==
                   *runs);
}

void read_processor(const std::string& text) {
    std::string_view left = text;
    const std::string taken = templates::processor_text(text);
    for (std::string_view lines = taken; !lines.empty();) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        const std::size_t at = left.find(line);
        BULKHEAD_CHECK(at != std::string_view::npos);
        left.remove_prefix(at + line.size());
        lines.remove_prefix(line.size() + 1);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // SAFETY: char may alias any type.
    const std::string text(reinterpret_cast<const char*>(data), size);
    read_entry(text);
    write_entry(text);
    read_written(text);
    read_processor(text);
    return 0;
}
