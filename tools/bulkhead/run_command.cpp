// bulkhead run, create, start: a container in a VM of its own, from the command line to the exit
// code.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "base/log.h"
#include "base/syscalls.h"
#include "host/engine/container_config.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/bundle_container.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/foreground.h"
#include "tools/bulkhead/new_container.h"
#include "tools/bulkhead/run_flags.h"
#include "tools/bulkhead/terminal.h"

namespace bulkhead::cli {

namespace {

std::optional<std::string> own_variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

Result<void> complete_flags(RunFlags& flags) {
    TRY(load_environment(flags, own_variable));
    TRY(load_labels(flags));
    TRY(load_template_use(flags, own_variable));
    TRY(check_run_flags(flags));
    if (!flags.bundle.empty()) return read_bundle(flags);
    if (flags.terminal) flags.container.terminal = terminal_size(STDOUT_FILENO);
    return {};
}

void write_trace(const std::string& path, const sandbox::Trace& trace) {
    if (path.empty()) return;
    constexpr mode_t kMode = 0644;
    const auto written = write_file_atomically(path, trace.to_json(), kMode);
    if (!written) log::warning(written.error().message());
}

bool shows(const RunFlags& flags, std::string_view stream) {
    return flags.attach.empty() ||
           std::find(flags.attach.begin(), flags.attach.end(), stream) != flags.attach.end();
}

int say_end(const AttachedEnd& end) {
    if (!end.message.empty()) fail(end.exit_code, end.message);
    return end.exit_code;
}

// docker's `run` keeps a container that could not be started; ours says why and leaves nothing.
void remove_unstarted(engine::Engine& engine, const state::Record& created) {
    const auto record = engine.find(created.id);
    if (!record || record->status != state::Status::Created) return;
    if (const auto removed = engine.remove(*record, false); !removed)
        log::warning(removed.error().message());
}

Result<int> run_container(const Context& context, RunFlags& flags) {
    sandbox::Trace trace;
    TRY(block_attached_signals());
    TRY(complete_flags(flags));
    if (flags.terminal && flags.interactive && !flags.detach && ::isatty(STDIN_FILENO) == 0)
        return Error("the input device is not a TTY");
    auto engine = TRY(engine::Engine::open(context.paths));
    state::Container created = TRY(create_container(context, flags, engine));
    const state::Record record = created.record();
    trace.step("create the container");
    auto end = [&]() -> Result<AttachedEnd> {
        UniqueFd connection = TRY(engine.launch(std::move(created)));
        trace.step("start the supervisor");
        if (flags.detach) return start_in_background(std::move(connection));
        return run_in_foreground(std::move(connection),
                                 {.input = flags.interactive && shows(flags, "stdin"),
                                  .output = shows(flags, "stdout"),
                                  .error = shows(flags, "stderr"),
                                  .terminal = flags.terminal,
                                  .show_console = flags.show_console,
                                  .close_outputs = true,
                                  .pass_signals = flags.pass_signals,
                                  .detach_keys = flags.detach_keys},
                                 trace);
    }();
    write_trace(flags.trace_file, trace);
    remove_unstarted(engine, record);
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
    auto engine = TRY(engine::Engine::open(context.paths));
    const state::Container created = TRY(create_container(context, flags, engine));
    std::cout << created.record().id << "\n";
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

struct StartFlags {
    bool attach = false;
    bool interactive = false;
    DetachKeys detach_keys = DetachKeys::usual();
};

Result<int> start_attached(const Context& context, const std::string& reference,
                           const StartFlags& flags) {
    sandbox::Trace trace;
    TRY(block_attached_signals());
    const auto engine = TRY(engine::Engine::open(context.paths));
    const state::Record record = TRY(engine.find(reference));
    const auto config = TRY(engine::load_config(engine.store().directory_of(record)));
    UniqueFd connection = TRY(engine.launch(record));
    ForegroundOptions options;
    options.input = flags.interactive && config.open_stdin();
    options.terminal = config.spec().process().terminal();
    options.detach_keys = flags.detach_keys;
    return say_end(TRY(run_in_foreground(std::move(connection), options, trace)));
}

int start(const Context& context, const Words& words) {
    StartFlags flags;
    const Parsed parsed = parse_command(
        kStartCommand, words,
        {{"attach", 'a', "", "show its output, and pass signals on", store(flags.attach)},
         {"interactive", 'i', "", "and give it our input", store(flags.interactive)},
         detach_keys_flag(flags.detach_keys)});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kStartCommand, "'bulkhead start' requires at least 1 argument");
    if (flags.attach || flags.interactive) {
        if (parsed.arguments.size() > 1)
            return fail(kExitFailure, "you cannot start and attach multiple containers at once");
        const auto code = start_attached(context, parsed.arguments.front(), flags);
        return code ? *code : fail(kExitFailure, code.error().message());
    }
    return for_each_container(
        context, parsed.arguments,
        [](const engine::Engine& engine, const state::Record& record) -> Result<void> {
            const auto outcome = TRY(engine.start(record));
            if (!outcome.running) return Error(outcome.message);
            return {};
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
