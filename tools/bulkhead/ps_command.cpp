// bulkhead ps.
#include <charconv>
#include <ctime>
#include <iostream>
#include <limits>

#include "base/text.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/container_filters.h"
#include "tools/bulkhead/container_row.h"
#include "tools/bulkhead/images.h"

namespace bulkhead::cli {

namespace {

struct PsFlags {
    bool all = false;
    bool latest = false;
    bool whole = false;
    bool size = false;
    std::size_t most = std::numeric_limits<std::size_t>::max();
    bool last = false;  // --last was given
    ListChoice choice;
    Filters filters = container_list_filters();
};

Result<void> set_last(PsFlags& flags, const std::string& value) {
    int count = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
    if (error != std::errc() || end != value.data() + value.size()) return Error("want a number");
    if (count < 0) return {};  // docker's default: no bound
    flags.last = true;
    flags.most = static_cast<std::size_t>(count);
    return {};
}

std::vector<Flag> ps_flags(PsFlags& flags) {
    std::vector<Flag> all = {
        {"all", 'a', "", "those that do not run, too", store(flags.all)},
        flags.filters.flag(),
        {"last", 'n', "N", "the N newest, in any state",
         [&flags](const std::string& value) { return set_last(flags, value); }},
        {"latest", 'l', "", "the newest, in any state", store(flags.latest)},
        {"no-trunc", '\0', "", "whole ids and commands", store(flags.whole)},
        {"size", 's', "", "what each takes on disk", store(flags.size)}};
    for (Flag& flag : list_flags(flags.choice)) all.push_back(std::move(flag));
    return all;
}

Result<std::string> ps_text(const Context& context, const PsFlags& flags) {
    const auto store = TRY(state::StateStore::open(context.paths));
    const auto images = TRY(open_image_store(context.paths));
    const auto containers = list_containers(store);
    const auto filter = TRY(ContainerFilter::make(flags.filters, containers, images));
    const bool all = flags.all || flags.last || flags.latest || filter.wants_all();
    const std::size_t most = flags.latest ? 1 : flags.most;
    RowDetail detail;
    detail.whole = flags.whole;
    detail.size = flags.size || shows_field(flags.choice, "Size");
    const std::time_t now = std::time(nullptr);
    std::vector<ListRow> rows;
    for (const ListedContainer& container : containers) {
        if (rows.size() == most) break;
        if (!all && !state::is_live(container.record.status)) continue;
        if (!filter.fits(container)) continue;
        if (detail.size) detail.image_bytes = image_bytes(images, container.image_id);
        rows.push_back(container_row(container, detail, now));
    }
    return list_text(flags.choice, container_columns(flags.size), rows);
}

int ps(const Context& context, const Words& words) {
    PsFlags flags;
    const Parsed parsed = parse_command(kPsCommand, words, ps_flags(flags));
    if (!parsed.go_on) return parsed.exit_code;
    if (!parsed.arguments.empty())
        return usage_error(kPsCommand, "'bulkhead ps' takes no arguments");
    const auto text = ps_text(context, flags);
    if (!text) return fail(kExitFailure, text.error().message());
    std::cout << *text;
    return kExitOk;
}

}  // namespace

const Command kPsCommand = {"ps",
                            "ps [FLAGS]",
                            "List containers",
                            "bulkhead ps -a --filter status=exited --format '{{.Names}}'",
                            kExitFailure,
                            ps};

}  // namespace bulkhead::cli
