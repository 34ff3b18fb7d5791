// bulkhead run, create, start: a container in a VM of its own, from the command line to the exit
// code.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "base/log.h"
#include "base/syscalls.h"
#include "host/engine/container_config.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/foreground.h"
#include "tools/bulkhead/new_container.h"
#include "tools/bulkhead/run_flags.h"
#include "tools/bulkhead/supervised.h"
#include "tools/bulkhead/terminal.h"

namespace bulkhead::cli {

namespace {

std::optional<std::string> own_variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

Result<void> complete_flags(RunFlags& flags) {
    TRY(load_environment(flags, own_variable));
    TRY(check_resources(flags));
    if (flags.terminal) flags.container.terminal = terminal_size(STDOUT_FILENO);
    return {};
}

void write_trace(const std::string& path, const sandbox::Trace& trace) {
    if (path.empty()) return;
    constexpr mode_t kMode = 0644;
    const auto written = write_file_atomically(path, trace.to_json(), kMode);
    if (!written) log::warning(written.error().message());
}

int say_end(const AttachedEnd& end) {
    if (!end.message.empty()) fail(end.exit_code, end.message);
    return end.exit_code;
}

// docker's `run` keeps a container that could not be started; ours says why and leaves nothing.
void remove_unstarted(state::StateStore& store, const state::Record& created) {
    const auto record = store.find(created.id);
    if (!record || record->status != state::Status::Created) return;
    if (const auto removed = store.remove(*record, false); !removed)
        log::warning(removed.error().message());
}

Result<int> run_container(const Context& context, RunFlags& flags) {
    sandbox::Trace trace;
    TRY(block_attached_signals());
    TRY(complete_flags(flags));
    if (flags.terminal && flags.interactive && !flags.detach && ::isatty(STDIN_FILENO) == 0)
        return Error("the input device is not a TTY");
    auto store = TRY(state::StateStore::open(context.paths));
    const state::Record record = TRY(create_container(context, flags, store));
    trace.step("create the container");
    auto end = [&]() -> Result<AttachedEnd> {
        UniqueFd connection = TRY(launch_supervisor(context, store, record));
        trace.step("start the supervisor");
        if (flags.detach) return start_in_background(std::move(connection));
        return run_in_foreground(
            std::move(connection),
            {flags.interactive, flags.terminal, flags.show_console, /*close_outputs=*/true}, trace);
    }();
    write_trace(flags.trace_file, trace);
    remove_unstarted(store, record);
    if (!end) return std::move(end).error();
    if (flags.detach && end->exit_code == kExitOk) std::cout << record.id << "\n";
    return say_end(*end);
}

int run(const Context& context, const Words& words) {
    RunFlags flags;
    const Parsed parsed =
        parse_command(kRunCommand, words, run_flags(flags), Placement::BeforeArguments);
    if (!parsed.go_on) return parsed.exit_code;
    if (const auto taken = take_run_arguments(kRunCommand.name, parsed.arguments, flags); !taken)
        return usage_error(kRunCommand, taken.error().message());
    const auto code = run_container(context, flags);
    return code ? *code : fail(kExitRunFailure, code.error().message());
}

Result<int> create_only(const Context& context, RunFlags& flags) {
    TRY(complete_flags(flags));
    auto store = TRY(state::StateStore::open(context.paths));
    const state::Record record = TRY(create_container(context, flags, store));
    std::cout << record.id << "\n";
    return kExitOk;
}

int create(const Context& context, const Words& words) {
    RunFlags flags;
    const Parsed parsed =
        parse_command(kCreateCommand, words, create_flags(flags), Placement::BeforeArguments);
    if (!parsed.go_on) return parsed.exit_code;
    if (const auto taken = take_run_arguments(kCreateCommand.name, parsed.arguments, flags); !taken)
        return usage_error(kCreateCommand, taken.error().message());
    const auto code = create_only(context, flags);
    return code ? *code : fail(kExitFailure, code.error().message());
}

Result<int> start_attached(const Context& context, const std::string& reference, bool input) {
    sandbox::Trace trace;
    TRY(block_attached_signals());
    const auto store = TRY(state::StateStore::open(context.paths));
    const state::Record record = TRY(store.find(reference));
    const auto config = TRY(engine::load_config(store.directory_of(record)));
    UniqueFd connection = TRY(launch_supervisor(context, store, record));
    ForegroundOptions options;
    options.input = input && config.open_stdin();
    options.terminal = config.spec().process().terminal();
    return say_end(TRY(run_in_foreground(std::move(connection), options, trace)));
}

Result<void> start_one(const Context& context, const std::string& reference) {
    const auto store = TRY(state::StateStore::open(context.paths));
    const state::Record record = TRY(store.find(reference));
    if (state::is_live(record.status)) return {};  // as docker: it runs, and that was the wish
    UniqueFd connection = TRY(launch_supervisor(context, store, record));
    const AttachedEnd end = TRY(start_in_background(std::move(connection)));
    if (end.exit_code != kExitOk) return Error(end.message);
    return {};
}

int start(const Context& context, const Words& words) {
    bool attach = false;
    bool interactive = false;
    const Parsed parsed =
        parse_command(kStartCommand, words,
                      {{"attach", 'a', "", "show its output, and pass signals on", store(attach)},
                       {"interactive", 'i', "", "and give it our input", store(interactive)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kStartCommand, "'bulkhead start' requires at least 1 argument");
    if (attach || interactive) {
        if (parsed.arguments.size() > 1)
            return fail(kExitFailure, "you cannot start and attach multiple containers at once");
        const auto code = start_attached(context, parsed.arguments.front(), interactive);
        return code ? *code : fail(kExitFailure, code.error().message());
    }
    return for_each_container(parsed.arguments, [&](const std::string& reference) {
        return start_one(context, reference);
    });
}

}  // namespace

const Command kRunCommand = {"run",
                             "run [FLAGS] IMAGE [COMMAND [ARGUMENT...]]",
                             "Run a command in a new container, in a virtual machine of its own",
                             "bulkhead run --rm -it debian bash",
                             kExitRunFailure,
                             run};

const Command kCreateCommand = {"create",
                                "create [FLAGS] IMAGE [COMMAND [ARGUMENT...]]",
                                "Create a container without starting it",
                                "bulkhead create --name web debian sleep 1000",
                                kExitFailure,
                                create};

const Command kStartCommand = {"start",
                               "start [FLAGS] CONTAINER...",
                               "Start containers that do not run",
                               "bulkhead start web",
                               kExitFailure,
                               start};

}  // namespace bulkhead::cli
