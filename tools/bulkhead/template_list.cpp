#include "tools/bulkhead/template_list.h"

#include <algorithm>

#include "base/text.h"
#include "tools/bulkhead/listing.h"

namespace bulkhead::cli {

namespace {

constexpr std::size_t kShortIdLength = 12;
constexpr const char* kUnknown = "N/A";

std::int64_t created_at(const ListedTemplate& listed) {
    return listed.found.entry ? listed.found.entry->created_at : 0;
}

}  // namespace

templates::Store template_store(const Context& context) {
    return templates::Store(templates::store_path(context.paths.root));
}

Result<std::vector<ListedTemplate>> list_templates(const Context& context) {
    const auto host = TRY(templates::this_host());
    std::vector<ListedTemplate> all;
    for (templates::Store::Listed& found : TRY(template_store(context).list())) {
        const bool usable = found.entry && templates::can_match(found.entry->key, host);
        all.push_back({std::move(found), usable});
    }
    std::sort(all.begin(), all.end(), [](const ListedTemplate& a, const ListedTemplate& b) {
        return std::pair(created_at(a), a.found.id) > std::pair(created_at(b), b.found.id);
    });
    return all;
}

Result<std::string> find_template(const std::vector<ListedTemplate>& all,
                                  const std::string& reference) {
    std::string id;
    for (const ListedTemplate& listed : all) {
        if (reference.empty() || !listed.found.id.starts_with(reference)) continue;
        if (!id.empty()) return Error(concat("several templates begin with ", reference));
        id = listed.found.id;
    }
    if (id.empty()) return Error("No such template: " + reference);
    return id;
}

ListRow template_row(const ListedTemplate& listed, bool whole, std::time_t now) {
    const auto& [id, entry, bytes, used_at_ns] = listed.found;
    const std::time_t used_at = used_at_ns / 1'000'000'000;
    Json fields = {{"ID", whole ? id : id.substr(0, kShortIdLength)},
                   {"Size", size_text(bytes)},
                   {"UsedAt", time_text(used_at)},
                   {"UsedSince", duration_text(now - used_at) + " ago"},
                   {"Status", listed.usable ? "usable"
                              : entry       ? "outdated"
                                            : "damaged"}};
    for (const char* name :
         {"CPUs", "Memory", "CreatedAt", "CreatedSince", "Image", "Kernel", "KernelArguments"})
        fields[name] = kUnknown;
    if (entry) {
        fields["CPUs"] = std::to_string(entry->key.shape.vcpus);
        fields["Memory"] = bytes_text(entry->key.shape.memory_bytes);
        fields["CreatedAt"] = time_text(entry->created_at);
        fields["CreatedSince"] = duration_text(now - entry->created_at) + " ago";
        if (entry->key.prepared) fields["Image"] = entry->image;
        fields["Kernel"] = entry->key.kernel.path;
        fields["KernelArguments"] = entry->key.kernel_arguments;
    }
    return {fields, {}};
}

const ListColumns& template_columns() {
    static const ListColumns kColumns = {
        "table {{.ID}}\t{{.CPUs}}\t{{.Memory}}\t{{.Size}}\t{{.CreatedSince}}\t{{.Status}}\t"
        "{{.Image}}\t{{.Kernel}}",
        "{{.ID}}",
        {{"CPUs", "CPUS"},
         {"CreatedAt", "CREATED AT"},
         {"CreatedSince", "CREATED"},
         {"ID", "TEMPLATE ID"},
         {"Image", "IMAGE"},
         {"Kernel", "KERNEL"},
         {"KernelArguments", "KERNEL ARGUMENTS"},
         {"Memory", "MEMORY"},
         {"Size", "SIZE"},
         {"Status", "STATUS"},
         {"UsedAt", "USED AT"},
         {"UsedSince", "USED"}}};
    return kColumns;
}

}  // namespace bulkhead::cli
