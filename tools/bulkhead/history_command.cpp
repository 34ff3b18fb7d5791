// bulkhead history: how an image was made, newest step first.
#include <ctime>
#include <iostream>

#include "base/text.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/image_row.h"
#include "tools/bulkhead/images.h"
#include "tools/bulkhead/listing.h"

namespace bulkhead::cli {

namespace {

constexpr std::size_t kCreatedByWidth = 45;  // docker's

struct HistoryFlags {
    bool human = true;
    bool whole = false;
    ListChoice choice;
};

const ListColumns& history_columns() {
    static const ListColumns kColumns = {
        "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
        "{{.ID}}",
        {{"Comment", "COMMENT"},
         {"CreatedAt", "CREATED AT"},
         {"CreatedBy", "CREATED BY"},
         {"CreatedSince", "CREATED"},
         {"ID", "IMAGE"},
         {"Size", "SIZE"}}};
    return kColumns;
}

// Tabs and line ends would break the table.
std::string one_line(std::string text) {
    for (char& c : text) c = c == '\t' || c == '\n' || c == '\r' ? ' ' : c;
    return text;
}

ListRow history_row(const image::HistoryEntry& entry, const std::string& id, std::uint64_t bytes,
                    const HistoryFlags& flags, std::time_t now) {
    const std::time_t created = parse_time(entry.created);
    const std::string since = created == 0 ? "N/A" : duration_text(now - created) + " ago";
    const std::string made_by = one_line(entry.created_by);
    return {{{"Comment", one_line(entry.comment)},
             {"CreatedAt", entry.created},
             {"CreatedBy", flags.whole ? made_by : shortened(made_by, kCreatedByWidth)},
             {"CreatedSince", flags.human ? since : entry.created},
             {"ID", id},
             {"Size", flags.human ? size_text(bytes) : std::to_string(bytes)}},
            {}};
}

// One entry for each layer, where an image does not say how it was made.
std::vector<image::HistoryEntry> entries_of(const image::Image& image) {
    std::size_t layers = 0;
    for (const image::HistoryEntry& entry : image.history) layers += entry.empty_layer ? 0 : 1;
    if (layers == image.layers.size()) return image.history;
    return std::vector<image::HistoryEntry>(image.layers.size(), {image.created, "", "", false});
}

std::vector<ListRow> history_rows(const image::Image& image, const HistoryFlags& flags) {
    const std::time_t now = std::time(nullptr);
    std::vector<ListRow> rows;
    std::size_t layer = 0;
    for (const image::HistoryEntry& entry : entries_of(image)) {
        const std::uint64_t bytes = entry.empty_layer ? 0 : image.layer_bytes[layer++];
        rows.insert(rows.begin(), history_row(entry, "<missing>", bytes, flags, now));
    }
    if (!rows.empty()) rows.front().fields["ID"] = image_id_text(image.id, flags.whole);
    return rows;
}

int history(const Context& context, const Words& words) {
    HistoryFlags flags;
    std::vector<Flag> all = {
        {"human", 'H', "", "sizes and times for people (default: true)", store(flags.human)},
        {"no-trunc", '\0', "", "whole ids and commands", store(flags.whole)}};
    for (Flag& flag : list_flags(flags.choice)) all.push_back(std::move(flag));
    const Parsed parsed = parse_command(kHistoryCommand, words, all);
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() != 1)
        return usage_error(kHistoryCommand, "'bulkhead history' requires exactly 1 argument");
    const auto image = find_image(context.paths, parsed.arguments.front());
    if (!image) return fail(kExitFailure, image.error().message());
    const auto text = list_text(flags.choice, history_columns(), history_rows(*image, flags));
    if (!text) return fail(kExitFailure, text.error().message());
    std::cout << *text;
    return kExitOk;
}

}  // namespace

const Command kHistoryCommand = {"history",
                                 "history [FLAGS] IMAGE",
                                 "Show how an image was made",
                                 "bulkhead history --no-trunc busybox",
                                 kExitFailure,
                                 history};

}  // namespace bulkhead::cli
