#include "host/jail/layer.h"

#include <algorithm>

#include "base/text.h"

namespace bulkhead::jail {

namespace {

constexpr std::array<std::string_view, kLayers> kNames{
    "own user",          "user namespace", "mount namespace", "pid namespace",
    "network namespace", "ipc namespace",  "uts namespace",   "cgroup namespace",
    "empty root",        "landlock",       "cgroup",          "supervisor"};

}  // namespace

std::string_view layer_name(Layer layer) {
    return kNames.at(static_cast<std::size_t>(layer));
}

void Report::miss(Layer layer, std::string reason) {
    std::string& known = reasons_.at(static_cast<std::size_t>(layer));
    if (known.empty()) known = reason.empty() ? "not available" : std::move(reason);
}

bool Report::has(Layer layer) const {
    return reasons_.at(static_cast<std::size_t>(layer)).empty();
}

bool Report::complete() const {
    return std::all_of(reasons_.begin(), reasons_.end(),
                       [](const std::string& reason) { return reason.empty(); });
}

std::string Report::missing() const {
    std::string text;
    for (const auto& [name, reason] : entries()) {
        if (reason.empty()) continue;
        text += concat(text.empty() ? "" : ", ", name, " (", reason, ")");
    }
    return text;
}

std::vector<std::pair<std::string, std::string>> Report::entries() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (std::size_t i = 0; i < kLayers; ++i) all.emplace_back(kNames.at(i), reasons_.at(i));
    return all;
}

}  // namespace bulkhead::jail
