#include "tools/bulkhead/container_filters.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <regex>

#include "base/text.h"

namespace bulkhead::cli {

namespace {

constexpr std::array kStatuses = {"created",  "restarting", "starting", "running", "stopping",
                                  "removing", "paused",     "exited",   "dead"};
constexpr std::array kHealths = {"starting", "healthy", "unhealthy", "none"};

template <class Known>
Result<void> check_words(const Filters& filters, const std::string& key, const Known& known) {
    for (const std::string& value : filters.values(key)) {
        if (std::find(known.begin(), known.end(), value) != known.end()) continue;
        std::string words;
        for (const char* word : known) words += (words.empty() ? "" : ", ") + std::string(word);
        return Error(concat("invalid filter '", key, "=", value, "': want one of ", words));
    }
    return {};
}

Result<void> check_numbers(const Filters& filters) {
    for (const std::string& value : filters.values("exited")) {
        int code = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), code);
        if (error != std::errc() || end != value.data() + value.size() || value.empty())
            return Error(concat("invalid filter 'exited=", value, "': want an exit code"));
    }
    return {};
}

// docker's names begin with a slash, and are matched as regular expressions.
bool name_fits(const std::string& name, const std::string& pattern) {
    constexpr std::size_t kLongest = 256;
    if (pattern.size() > kLongest) return false;
    try {
        const std::regex expression(pattern);
        return std::regex_search(name, expression) || std::regex_search("/" + name, expression);
    } catch (const std::regex_error&) {
        return name.find(pattern) != std::string::npos;
    }
}

const ListedContainer* find_container(const std::vector<ListedContainer>& all,
                                      const std::string& reference) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const ListedContainer& each) {
        return each.record.name == reference ||
               (!reference.empty() && each.record.id.starts_with(reference));
    });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace

Filters container_list_filters() {
    return Filters(
        {"id", "name", "label", "exited", "status", "ancestor", "before", "since", "health"});
}

Result<ContainerFilter> ContainerFilter::make(const Filters& filters,
                                              const std::vector<ListedContainer>& all,
                                              const image::ImageStore& images) {
    TRY(check_words(filters, "status", kStatuses));
    TRY(check_words(filters, "health", kHealths));
    TRY(check_numbers(filters));
    ContainerFilter filter(filters);
    TRY(filter.resolve_ancestors(images));
    TRY(filter.resolve_order(all));
    return filter;
}

// An image that is not there has no containers, as with docker.
Result<void> ContainerFilter::resolve_ancestors(const image::ImageStore& images) {
    for (const std::string& name : filters_.values("ancestor")) {
        const auto image = images.find(name);
        if (image) {
            ancestors_.insert(image->id.text());
        } else if (!image.error().is(std::errc::no_such_file_or_directory)) {
            return image.error();
        }
    }
    return {};
}

// The list is newest first.
Result<void> ContainerFilter::resolve_order(const std::vector<ListedContainer>& all) {
    for (const std::string key : {"before", "since"}) {
        for (const std::string& reference : filters_.values(key)) {
            const ListedContainer* named = find_container(all, reference);
            if (named == nullptr) return Error(concat("No such container: ", reference));
            const auto at = static_cast<std::size_t>(named - all.data());
            const bool before = key == "before";
            for (std::size_t i = before ? at + 1 : 0; i < (before ? all.size() : at); ++i)
                (before ? before_ : since_).insert(all[i].record.id);
        }
    }
    return {};
}

bool ContainerFilter::fits(const ListedContainer& container) const {
    const state::Record& record = container.record;
    return filters_.any("id", [&](const auto& id) { return record.id.starts_with(id); }) &&
           filters_.any("name", [&](const auto& name) { return name_fits(record.name, name); }) &&
           filters_.any(
               "status",
               [&](const auto& status) { return state::status_name(record.status) == status; }) &&
           filters_.any("exited",
                        [&](const auto& code) {
                            return record.status == state::Status::Exited &&
                                   std::to_string(record.exit_code) == code;
                        }) &&
           filters_.any("health", [&](const auto& health) { return container.health == health; }) &&
           (!filters_.has("ancestor") || ancestors_.contains(container.image_id)) &&
           (!filters_.has("before") || before_.contains(record.id)) &&
           (!filters_.has("since") || since_.contains(record.id)) &&
           labels_fit(filters_, container.labels);
}

}  // namespace bulkhead::cli
