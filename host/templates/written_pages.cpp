#include "host/templates/written_pages.h"

#include <nlohmann/json.hpp>

#include "base/json_integer.h"

namespace bulkhead::templates {

namespace {

using Json = nlohmann::json;

}  // namespace

std::string written_text(std::span<const PageRun> runs) {
    return Json(to_pairs(runs)).dump() + "\n";
}

Result<std::vector<PageRun>> parse_written(std::string_view text, std::uint64_t pages) {
    if (text.empty()) return std::vector<PageRun>();
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_array()) return Error("no list of pages");
    std::vector<std::uint64_t> pairs;
    for (const Json& each : json) {
        const auto number = integer_of<std::uint64_t>(each);
        if (!number) return Error("a page without a number");
        pairs.push_back(*number);
    }
    return runs_from_pairs(pairs, pages);
}

}  // namespace bulkhead::templates
