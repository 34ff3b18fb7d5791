// bulkhead images.
#include <algorithm>
#include <ctime>
#include <iostream>
#include <set>

#include "tools/bulkhead/command.h"
#include "tools/bulkhead/image_filters.h"
#include "tools/bulkhead/image_row.h"
#include "tools/bulkhead/images.h"
#include "tools/bulkhead/listing.h"

namespace bulkhead::cli {

namespace {

struct ImagesFlags {
    bool all = false;
    bool digests = false;
    bool whole = false;
    ListChoice choice;
    Filters filters = image_list_filters();
};

std::vector<Flag> images_flags(ImagesFlags& flags) {
    std::vector<Flag> all = {
        {"all", 'a', "", "accepted as docker's; there are no intermediate images",
         store(flags.all)},
        {"digests", '\0', "", "their manifests' digests, too", store(flags.digests)},
        flags.filters.flag(),
        {"no-trunc", '\0', "", "whole ids", store(flags.whole)}};
    for (Flag& flag : list_flags(flags.choice)) all.push_back(std::move(flag));
    return all;
}

// The names that the filters let through; one empty name for an image that has none.
std::vector<std::string> shown_names(const image::Image& image, const ImageFilter& filter) {
    std::vector<std::string> names = image.references;
    if (names.empty()) names.emplace_back();
    std::erase_if(names, [&](const std::string& name) { return !filter.name_fits(name); });
    return names;
}

Result<std::string> images_text(const Context& context, const ImagesFlags& flags) {
    const auto store = TRY(open_image_store(context.paths));
    auto images = TRY(store.list());
    const std::time_t now = std::time(nullptr);
    const auto filter = TRY(ImageFilter::make(flags.filters, store, now));
    std::stable_sort(images.begin(), images.end(),
                     [](const image::Image& a, const image::Image& b) {
                         return parse_time(a.created) > parse_time(b.created);
                     });
    std::vector<ListRow> rows;
    for (const image::Image& image : images) {
        if (!filter.fits(image)) continue;
        std::vector<std::string> names = shown_names(image, filter);
        // An image has one id, however many names it has: what is piped into rmi must not come
        // twice.
        if (flags.choice.quiet && names.size() > 1) names.resize(1);
        for (const std::string& name : names)
            rows.push_back(image_row(image, name, flags.whole, now));
    }
    return list_text(flags.choice, image_columns(flags.digests), rows);
}

int images(const Context& context, const Words& words) {
    ImagesFlags flags;
    const Parsed parsed = parse_command(kImagesCommand, words, images_flags(flags));
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() > 1)
        return usage_error(kImagesCommand, "'bulkhead images' takes at most 1 argument");
    for (const std::string& pattern : parsed.arguments) {
        if (const auto added = flags.filters.add("reference=" + pattern); !added)
            return fail(kExitFailure, added.error().message());
    }
    const auto text = images_text(context, flags);
    if (!text) return fail(kExitFailure, text.error().message());
    std::cout << *text;
    return kExitOk;
}

}  // namespace

const Command kImagesCommand = {"images",      "images [FLAGS] [REPOSITORY[:TAG]]",
                                "List images", "bulkhead images --filter 'reference=debian:*'",
                                kExitFailure,  images};

}  // namespace bulkhead::cli
