// bulkhead checkpoint create, ls, rm.
#include <ctime>
#include <iostream>

#include "base/text.h"
#include "tools/bulkhead/checkpoint_list.h"
#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

namespace {

Result<void> create_one(const Context& context, const std::string& container,
                        const std::string& name, bool leave_running) {
    const auto engine = TRY(engine::Engine::open(context.paths));
    const state::Record record = TRY(engine.find(container));
    return engine.checkpoint(record, name, leave_running);
}

int create(const Context& context, const Words& words) {
    bool leave_running = false;
    const Parsed parsed =
        parse_command(kCheckpointCreateCommand, words,
                      {{"leave-running", '\0', "", "the container goes on when it is saved",
                        store(leave_running)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() != 2)
        return usage_error(kCheckpointCreateCommand,
                           "'bulkhead checkpoint create' takes a container and a name");
    const std::string& name = parsed.arguments.back();
    const auto created = create_one(context, parsed.arguments.front(), name, leave_running);
    if (!created) return fail(kExitFailure, created.error().message());
    std::cout << name << "\n";
    return kExitOk;
}

int list(const Context& context, const Words& words) {
    ListChoice choice;
    const Parsed parsed = parse_command(kCheckpointLsCommand, words, list_flags(choice));
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() > 1)
        return usage_error(kCheckpointLsCommand,
                           "'bulkhead checkpoint ls' takes at most 1 argument: a container");
    const auto all = checkpoint_store(context).list();
    if (!all) return fail(kExitFailure, all.error().message());
    std::vector<ListRow> rows;
    for (const ListedCheckpoint& listed : *all) {
        const bool wanted =
            parsed.arguments.empty() ||
            (listed.entry && listed.entry->container_name == parsed.arguments.front());
        if (wanted) rows.push_back(checkpoint_row(listed, std::time(nullptr)));
    }
    const auto text = list_text(choice, checkpoint_columns(), rows);
    if (!text) return fail(kExitFailure, text.error().message());
    std::cout << *text;
    return kExitOk;
}

Result<void> remove_one(const checkpoints::Store& store, const std::string& name) {
    if (!TRY(store.remove(name))) return Error("No such checkpoint: " + name);
    return {};
}

int remove(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kCheckpointRmCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kCheckpointRmCommand,
                           "'bulkhead checkpoint rm' requires at least 1 argument");
    const checkpoints::Store store = checkpoint_store(context);
    int code = kExitOk;
    for (const std::string& name : parsed.arguments) {
        if (const auto removed = remove_one(store, name); !removed) {
            code = fail(kExitFailure, removed.error().message());
        } else {
            std::cout << name << "\n";
        }
    }
    static_cast<void>(store.sweep());
    return code;
}

}  // namespace

const Command kCheckpointCreateCommand = {
    "checkpoint create",
    "checkpoint create [FLAGS] CONTAINER NAME",
    "Save a container as it runs, with its memory; `run --from` goes on from there",
    "bulkhead checkpoint create web before-update",
    kExitFailure,
    create};

const Command kCheckpointLsCommand = {"checkpoint ls",
                                      "checkpoint ls [FLAGS] [CONTAINER]",
                                      "List checkpoints, of all containers or one",
                                      "bulkhead checkpoint ls",
                                      kExitFailure,
                                      list};

const Command kCheckpointRmCommand = {"checkpoint rm",      "checkpoint rm CHECKPOINT...",
                                      "Remove checkpoints", "bulkhead checkpoint rm before-update",
                                      kExitFailure,         remove};

}  // namespace bulkhead::cli
