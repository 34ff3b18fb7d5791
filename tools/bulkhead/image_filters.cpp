#include "tools/bulkhead/image_filters.h"

#include <fnmatch.h>

#include <algorithm>

#include "base/text.h"
#include "host/image/reference.h"
#include "tools/bulkhead/listing.h"

namespace bulkhead::cli {

namespace {

Result<std::vector<std::int64_t>> creation_times(const Filters& filters, std::string_view key,
                                                 const image::ImageStore& images) {
    std::vector<std::int64_t> times;
    for (const std::string& name : filters.values(key)) {
        const auto image = TRY_CONTEXT(images.find(name), concat("invalid filter '", key, "'"));
        times.push_back(parse_time(image.created));
    }
    return times;
}

}  // namespace

Filters image_list_filters() {
    return Filters({"reference", "label", "dangling", "before", "since", "until"});
}

Result<ImageFilter> ImageFilter::make(const Filters& filters, const image::ImageStore& images,
                                      std::int64_t now) {
    ImageFilter filter(filters);
    filter.dangling_ = TRY(boolean_filter(filters, "dangling", false));
    filter.until_ = TRY(until_filter(filters, now));
    filter.before_ = TRY(creation_times(filters, "before", images));
    filter.since_ = TRY(creation_times(filters, "since", images));
    return filter;
}

bool ImageFilter::fits(const image::Image& image) const {
    const std::int64_t created = parse_time(image.created);
    if (filters_.has("dangling") && dangling_ != image.references.empty()) return false;
    if (filters_.has("until") && created >= until_) return false;
    const auto is_newer = [created](std::int64_t time) { return time > created; };
    const auto is_older = [created](std::int64_t time) { return time < created; };
    return std::all_of(before_.begin(), before_.end(), is_newer) &&
           std::all_of(since_.begin(), since_.end(), is_older) &&
           labels_fit(filters_, image.config.labels);
}

bool ImageFilter::name_fits(const std::string& name) const {
    return filters_.any("reference",
                        [&](const std::string& pattern) { return reference_fits(pattern, name); });
}

bool reference_fits(const std::string& pattern, const std::string& name) {
    const auto reference = image::Reference::parse(name);
    if (name.empty() || !reference) return false;
    const auto fits = [&pattern](const std::string& text) {
        return ::fnmatch(pattern.c_str(), text.c_str(), FNM_PATHNAME) == 0;
    };
    return fits(reference->familiar()) || fits(reference->familiar_name()) ||
           fits(reference->text()) || fits(reference->name());
}

}  // namespace bulkhead::cli
