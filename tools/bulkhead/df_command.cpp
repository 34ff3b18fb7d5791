// bulkhead system df: what is kept, and what could be free.
#include <algorithm>
#include <ctime>
#include <iostream>
#include <set>

#include "base/text.h"
#include "tools/bulkhead/checkpoint_list.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/container_row.h"
#include "tools/bulkhead/image_row.h"
#include "tools/bulkhead/image_usage.h"
#include "tools/bulkhead/images.h"
#include "tools/bulkhead/listing.h"
#include "tools/bulkhead/template_list.h"

namespace bulkhead::cli {

namespace {

// Everything that the command tells about.
struct Kept {
    std::vector<ListedContainer> containers;
    std::vector<image::Image> images;
    std::vector<ListedTemplate> templates;
    std::vector<ListedCheckpoint> checkpoints;
};

Result<Kept> look(const Context& context) {
    const auto store = TRY(state::StateStore::open(context.paths));
    const auto images = TRY(open_image_store(context.paths));
    Kept kept;
    kept.containers = list_containers(store);
    kept.images = TRY(images.list());
    kept.templates = TRY(list_templates(context));
    kept.checkpoints = TRY(checkpoint_store(context).list());
    return kept;
}

const ListColumns& summary_columns() {
    static const ListColumns kColumns = {
        "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}",
        "{{.Type}}",
        {{"Active", "ACTIVE"},
         {"Reclaimable", "RECLAIMABLE"},
         {"Size", "SIZE"},
         {"TotalCount", "TOTAL"},
         {"Type", "TYPE"}}};
    return kColumns;
}

ListRow summary_row(const char* type, std::size_t total, std::size_t active, std::uint64_t bytes,
                    std::uint64_t reclaimable) {
    constexpr std::uint64_t kPercent = 100;
    std::string free = size_text(reclaimable);
    if (bytes != 0)
        free += concat(" (",
                       static_cast<std::uint64_t>(static_cast<double>(reclaimable) * kPercent /
                                                  static_cast<double>(bytes)),
                       "%)");
    return {{{"Active", std::to_string(active)},
             {"Reclaimable", free},
             {"Size", size_text(bytes)},
             {"TotalCount", std::to_string(total)},
             {"Type", type}},
            {}};
}

ListRow images_summary(const Kept& kept) {
    std::set<std::string> used;
    for (const ListedContainer& container : kept.containers) used.insert(container.image_id);
    for (const ListedCheckpoint& listed : kept.checkpoints) {
        if (listed.entry) used.insert(listed.entry->image_id);
    }
    const auto active = static_cast<std::size_t>(
        std::count_if(kept.images.begin(), kept.images.end(),
                      [&](const image::Image& image) { return used.contains(image.id.text()); }));
    const ImageUsage usage(kept.images);
    return summary_row("Images", kept.images.size(), active, usage.total(),
                       usage.reclaimable(used));
}

ListRow containers_summary(const Kept& kept) {
    std::size_t active = 0;
    std::uint64_t bytes = 0;
    std::uint64_t reclaimable = 0;
    for (const ListedContainer& container : kept.containers) {
        const bool runs = state::is_live(container.record.status);
        const std::uint64_t size = total_usage(container);
        active += runs ? 1 : 0;
        bytes += size;
        reclaimable += runs ? 0 : size;
    }
    return summary_row("Containers", kept.containers.size(), active, bytes, reclaimable);
}

// An active one is one that a start can use.
ListRow templates_summary(const Kept& kept) {
    std::size_t active = 0;
    std::uint64_t bytes = 0;
    std::uint64_t reclaimable = 0;
    for (const ListedTemplate& listed : kept.templates) {
        active += listed.usable ? 1 : 0;
        bytes += listed.found.disk_bytes;
        reclaimable += listed.usable ? 0 : listed.found.disk_bytes;
    }
    return summary_row("Templates", kept.templates.size(), active, bytes, reclaimable);
}

// An active one is one that is whole: what nobody can go on from can go.
ListRow checkpoints_summary(const Kept& kept) {
    std::size_t active = 0;
    std::uint64_t bytes = 0;
    std::uint64_t reclaimable = 0;
    for (const ListedCheckpoint& listed : kept.checkpoints) {
        active += listed.entry.has_value() ? std::size_t{1} : 0;
        bytes += listed.disk_bytes;
        reclaimable += listed.entry ? 0 : listed.disk_bytes;
    }
    return summary_row("Checkpoints", kept.checkpoints.size(), active, bytes, reclaimable);
}

std::vector<ListRow> checkpoint_rows(const Kept& kept, std::time_t now) {
    std::vector<ListRow> rows;
    rows.reserve(kept.checkpoints.size());
    for (const ListedCheckpoint& listed : kept.checkpoints)
        rows.push_back(checkpoint_row(listed, now));
    return rows;
}

std::vector<ListRow> template_rows(const Kept& kept, std::time_t now) {
    std::vector<ListRow> rows;
    rows.reserve(kept.templates.size());
    for (const ListedTemplate& listed : kept.templates)
        rows.push_back(template_row(listed, false, now));
    return rows;
}

std::vector<ListRow> image_rows(const Kept& kept, std::time_t now) {
    const ImageUsage usage(kept.images);
    std::vector<ListRow> rows;
    for (const image::Image& image : kept.images) {
        const std::string name = image.references.empty() ? "" : image.references.front();
        const auto users =
            std::count_if(kept.containers.begin(), kept.containers.end(),
                          [&](const auto& each) { return each.image_id == image.id.text(); });
        ListRow row = image_row(image, name, false, now);
        const std::uint64_t shared = usage.shared(image);
        row.fields["SharedSize"] = size_text(shared);
        row.fields["UniqueSize"] = size_text(image.size - shared);
        row.fields["Containers"] = std::to_string(users);
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<ListRow> container_rows(const Kept& kept, std::time_t now) {
    std::vector<ListRow> rows;
    for (const ListedContainer& container : kept.containers) {
        rows.push_back(container_row(container, {}, now));
        rows.back().fields["Size"] = size_text(total_usage(container));
    }
    return rows;
}

Result<std::string> verbose_text(const Kept& kept) {
    const std::time_t now = std::time(nullptr);
    const std::string images =
        "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t"
        "{{.UniqueSize}}\t{{.Containers}}";
    const std::string containers =
        "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t"
        "{{.Names}}";
    return "Images space usage:\n\n" +
           TRY(list_text({images, false}, image_columns(false), image_rows(kept, now))) +
           "\nContainers space usage:\n\n" +
           TRY(list_text({containers, false}, container_columns(true), container_rows(kept, now))) +
           "\nTemplates space usage:\n\n" +
           TRY(list_text({}, template_columns(), template_rows(kept, now))) +
           "\nCheckpoints space usage:\n\n" +
           TRY(list_text({}, checkpoint_columns(), checkpoint_rows(kept, now)));
}

int df(const Context& context, const Words& words) {
    ListChoice choice;
    bool verbose = false;
    const Parsed parsed = parse_command(
        kSystemDfCommand, words,
        {{"format", '\0', "FORMAT", "'table TEMPLATE', 'json', or a Go template for each row",
          store(choice.format)},
         {"verbose", 'v', "", "each image, container, template and checkpoint", store(verbose)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (!parsed.arguments.empty())
        return usage_error(kSystemDfCommand, "'bulkhead system df' takes no arguments");
    if (verbose && !choice.format.empty())
        return usage_error(kSystemDfCommand, "--verbose and --format exclude each other");
    const auto kept = look(context);
    if (!kept) return fail(kExitFailure, kept.error().message());
    const auto text = verbose ? verbose_text(*kept)
                              : list_text(choice, summary_columns(),
                                          {images_summary(*kept), containers_summary(*kept),
                                           templates_summary(*kept), checkpoints_summary(*kept)});
    if (!text) return fail(kExitFailure, text.error().message());
    std::cout << *text;
    return kExitOk;
}

}  // namespace

const Command kSystemDfCommand = {
    "system df",
    "system df [FLAGS]",
    "Show what images, containers, templates and checkpoints take on disk",
    "bulkhead system df -v",
    kExitFailure,
    df};

}  // namespace bulkhead::cli
