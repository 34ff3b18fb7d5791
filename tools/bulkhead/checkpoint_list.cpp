#include "tools/bulkhead/checkpoint_list.h"

#include <algorithm>

#include "tools/bulkhead/listing.h"

namespace bulkhead::cli {

namespace {

constexpr const char* kUnknown = "N/A";

}  // namespace

checkpoints::Store checkpoint_store(const Context& context) {
    return checkpoints::Store(checkpoints::store_path(context.paths.root));
}

const ListedCheckpoint* checkpoint_of(const std::string& image_id,
                                      const std::vector<ListedCheckpoint>& checkpoints) {
    const auto found = std::ranges::find_if(checkpoints, [&](const ListedCheckpoint& listed) {
        return listed.entry && listed.entry->image_id == image_id;
    });
    return found == checkpoints.end() ? nullptr : &*found;
}

ListRow checkpoint_row(const ListedCheckpoint& listed, std::time_t now) {
    Json fields = {{"Name", listed.name},
                   {"Size", size_text(listed.disk_bytes)},
                   {"Status", listed.entry ? "whole" : "damaged"}};
    for (const char* name : {"Container", "Image", "CreatedAt", "CreatedSince"})
        fields[name] = kUnknown;
    if (const auto& entry = listed.entry) {
        fields["Container"] = entry->container_name;
        fields["Image"] = entry->image;
        fields["CreatedAt"] = time_text(entry->created_at);
        fields["CreatedSince"] = duration_text(now - entry->created_at) + " ago";
    }
    return {fields, {}};
}

const ListColumns& checkpoint_columns() {
    static const ListColumns kColumns = {
        "table {{.Name}}\t{{.Container}}\t{{.Image}}\t{{.Size}}\t{{.CreatedSince}}\t{{.Status}}",
        "{{.Name}}",
        {{"Container", "CONTAINER"},
         {"CreatedAt", "CREATED AT"},
         {"CreatedSince", "CREATED"},
         {"Image", "IMAGE"},
         {"Name", "CHECKPOINT NAME"},
         {"Size", "SIZE"},
         {"Status", "STATUS"}}};
    return kColumns;
}

}  // namespace bulkhead::cli
