#include "tools/bulkhead/prune.h"

#include <ctime>
#include <sstream>

#include "base/log.h"
#include "base/text.h"
#include "host/engine/images.h"
#include "tools/bulkhead/image_filters.h"
#include "tools/bulkhead/image_use.h"
#include "tools/bulkhead/images.h"
#include "tools/bulkhead/listing.h"
#include "tools/bulkhead/template_list.h"

namespace bulkhead::cli {

Filters prune_filters() {
    return Filters({"until", "label", "label!"});
}

Result<Pruned> prune_containers(const Context& context, const Filters& filters) {
    auto engine = TRY(engine::Engine::open(context.paths));
    const std::int64_t until = TRY(until_filter(filters, std::time(nullptr)));
    Pruned pruned;
    for (const ListedContainer& container : list_containers(engine.store())) {
        if (state::is_live(container.record.status)) continue;
        if (filters.has("until") && container.record.created_at >= until) continue;
        if (!labels_fit(filters, container.labels)) continue;
        const std::uint64_t bytes = total_usage(container);
        // One that somebody starts or removes at the same time is no failure.
        if (const auto removed = engine.remove(container.record, false); !removed) {
            if (removed.error().is(std::errc::device_or_resource_busy)) continue;
            log::warning(removed.error().message());
            continue;
        }
        pruned.bytes += bytes;
        pruned.lines.push_back(container.record.id);
    }
    return pruned;
}

Result<Pruned> prune_images(const Context& context, const Filters& filters, bool all) {
    const auto images = TRY(engine::Images::open(context.paths));
    const ImageUsers users = TRY(image_users(context));
    const auto filter = TRY(ImageFilter::make(filters, images.store(), std::time(nullptr)));
    Pruned pruned;
    for (const image::Image& image : TRY(images.store().list())) {
        if (!all && !image.references.empty()) continue;
        if (users.need(image.id.text()) || !filter.fits(image)) continue;
        const auto report = images.remove(image.id.text(), image::RemoveMode::Force);
        if (!report) {
            log::warning(report.error().message());
            continue;
        }
        pruned.bytes += report->freed;
        std::istringstream lines(removal_text(*report));
        for (std::string line; std::getline(lines, line);) pruned.lines.push_back(line);
    }
    return pruned;
}

Result<Pruned> prune_templates(const Context& context, bool all) {
    const templates::Store store = template_store(context);
    Pruned pruned;
    for (const ListedTemplate& listed : TRY(list_templates(context))) {
        if (listed.usable && !all) continue;
        if (!TRY(store.remove(listed.found.id))) continue;
        pruned.bytes += listed.found.disk_bytes;
        pruned.lines.push_back(listed.found.id);
    }
    pruned.bytes += TRY(store.sweep());
    return pruned;
}

Result<std::uint64_t> prune_checkpoints(const Context& context) {
    return checkpoint_store(context).sweep();
}

std::string pruned_text(std::string_view heading, const Pruned& pruned) {
    if (pruned.lines.empty()) return "";
    std::string text = concat(heading, "\n");
    for (const std::string& line : pruned.lines) text += line + "\n";
    return text + "\n";
}

std::string reclaimed_text(std::uint64_t bytes) {
    return "Total reclaimed space: " + size_text(bytes) + "\n";
}

}  // namespace bulkhead::cli
