// bulkhead ps, rm.
#include <ctime>
#include <iostream>

#include "base/text.h"
#include "host/state/names.h"
#include "host/state/state_store.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/listing.h"

namespace bulkhead::cli {

namespace {

using state::Record;
using state::Status;

constexpr std::size_t kCommandWidth = 20;

std::string status_text(const Record& record, std::time_t now) {
    switch (record.status) {
        case Status::Created:
            return "Created";
        case Status::Starting:
            return "Starting";
        case Status::Running:
            return "Up " + duration_text(now - record.started_at);
        case Status::Stopping:
            return "Stopping";
        case Status::Exited:
            return concat("Exited (", record.exit_code, ") ",
                          duration_text(now - record.finished_at), " ago");
        case Status::Dead:
            break;
    }
    return "Dead";
}

std::string command_text(const Record& record) {
    std::string text;
    for (const std::string& word : record.command) text += (text.empty() ? "" : " ") + word;
    // An argument may hold anything; a list is for a terminal.
    for (char& c : text) c = c >= 0x20 && c < 0x7F ? c : '?';
    return "\"" + shortened(text, kCommandWidth) + "\"";
}

int list_containers(const Context& context, const Words& words) {
    bool all = false;
    bool quiet = false;
    const Parsed parsed = parse_command(kPsCommand, words,
                                        {{"all", 'a', "", "those that do not run, too", store(all)},
                                         {"quiet", 'q', "", "ids only", store(quiet)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (!parsed.arguments.empty())
        return usage_error(kPsCommand, "'bulkhead ps' takes no arguments");
    const auto containers = state::StateStore::open(context.paths);
    if (!containers) return fail(kExitFailure, containers.error().message());
    const std::time_t now = std::time(nullptr);
    std::vector<Row> rows = {{"CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "NAMES"}};
    for (const Record& record : containers->list()) {
        if (!all && !state::is_live(record.status)) continue;
        if (quiet) std::cout << state::short_id(record.id) << "\n";
        rows.push_back({state::short_id(record.id), record.image, command_text(record),
                        duration_text(now - record.created_at) + " ago", status_text(record, now),
                        record.name});
    }
    if (!quiet) std::cout << table(rows);
    return kExitOk;
}

Result<void> remove_container(state::StateStore& containers, const std::string& reference,
                              bool force) {
    const Record record = TRY(containers.find(reference));
    return containers.remove(record, force);
}

int remove_containers(const Context& context, const Words& words) {
    bool force = false;
    const Parsed parsed =
        parse_command(kRmCommand, words, {{"force", 'f', "", "kill it if it runs", store(force)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kRmCommand, "'bulkhead rm' requires at least 1 argument");
    auto containers = state::StateStore::open(context.paths);
    if (!containers) return fail(kExitFailure, containers.error().message());
    return for_each_container(parsed.arguments, [&](const std::string& reference) {
        return remove_container(*containers, reference, force);
    });
}

}  // namespace

const Command kPsCommand = {"ps",         "ps [FLAGS]",   "List containers", "bulkhead ps -a",
                            kExitFailure, list_containers};

const Command kRmCommand = {"rm",
                            "rm [FLAGS] CONTAINER...",
                            "Remove containers, and their writable disks",
                            "bulkhead rm brisk_harbor",
                            kExitFailure,
                            remove_containers};

}  // namespace bulkhead::cli
