#include "tools/bulkhead/filters.h"

#include <algorithm>

#include "base/text.h"
#include "host/logs/log_time.h"
#include "tools/bulkhead/suggest.h"

namespace bulkhead::cli {

namespace {

bool label_is(const std::map<std::string, std::string>& labels, const std::string& wanted) {
    const std::size_t equals = wanted.find('=');
    const auto found = labels.find(wanted.substr(0, equals));
    if (found == labels.end()) return false;
    return equals == std::string::npos || found->second == wanted.substr(equals + 1);
}

}  // namespace

Result<void> Filters::add(const std::string& filter) {
    const std::size_t equals = filter.find('=');
    if (equals == std::string::npos) return Error("bad format of filter (expected name=value)");
    std::string key = filter.substr(0, equals);
    if (std::find(keys_.begin(), keys_.end(), key) == keys_.end()) {
        const std::string nearest = suggest(key, keys_);
        std::string known;
        for (const std::string& each : keys_) known += (known.empty() ? "" : ", ") + each;
        return Error(
            concat("invalid filter '", key, "'",
                   nearest.empty() ? "; there are " + known : "; did you mean '" + nearest + "'?"));
    }
    values_[std::move(key)].push_back(filter.substr(equals + 1));
    return {};
}

bool Filters::has(std::string_view key) const {
    return values_.find(key) != values_.end();
}

const std::vector<std::string>& Filters::values(std::string_view key) const {
    static const std::vector<std::string> kNone;
    const auto found = values_.find(key);
    return found == values_.end() ? kNone : found->second;
}

bool Filters::any(std::string_view key, const std::function<bool(const std::string&)>& fits) const {
    const auto& wanted = values(key);
    return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), fits);
}

Flag Filters::flag(char letter) {
    std::string known;
    for (const std::string& key : keys_) known += (known.empty() ? "" : ", ") + key;
    return {"filter", letter, "KEY=VALUE", "only those that fit; keys: " + known,
            [this](const std::string& value) { return add(value); }};
}

bool labels_fit(const Filters& filters, const std::map<std::string, std::string>& labels) {
    const auto is_there = [&](const std::string& wanted) { return label_is(labels, wanted); };
    const auto& wanted = filters.values("label");
    const auto& unwanted = filters.values("label!");
    return std::all_of(wanted.begin(), wanted.end(), is_there) &&
           std::none_of(unwanted.begin(), unwanted.end(), is_there);
}

Result<bool> boolean_filter(const Filters& filters, std::string_view key, bool otherwise) {
    for (const std::string& value : filters.values(key)) {
        if (value == "true" || value == "1") return true;
        if (value == "false" || value == "0") return false;
        return Error(concat("invalid filter '", key, "=", value, "': want true or false"));
    }
    return otherwise;
}

Result<std::int64_t> until_filter(const Filters& filters, std::int64_t now) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const auto& values = filters.values("until");
    if (values.empty()) return std::int64_t{0};
    if (values.size() > 1) return Error("more than one until filter specified");
    const auto moment = logs::parse_moment(values.front(), now * kSecond);
    if (!moment)
        return Error(concat("invalid filter 'until=", values.front(),
                            "': want a time as 2026-01-31T12:00:00, or how long ago as 24h"));
    return *moment / kSecond;
}

}  // namespace bulkhead::cli
