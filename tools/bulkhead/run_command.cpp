// bulkhead run: a container in a VM of its own, from the command line to the exit code.
#include <unistd.h>

#include <cstdlib>

#include "base/log.h"
#include "base/syscalls.h"
#include "host/state/state_store.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/run_flags.h"
#include "tools/bulkhead/run_plan.h"
#include "tools/bulkhead/run_session.h"
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
    if (flags.terminal && flags.interactive && ::isatty(STDIN_FILENO) == 0)
        return Error("the input device is not a TTY");
    if (flags.terminal) flags.container.terminal = terminal_size(STDOUT_FILENO);
    return {};
}

// What is written down about the container after it has run.
void conclude(const RunFlags& flags, const sandbox::SandboxEnd& end, state::Container& container) {
    if (flags.auto_remove || !end.ran) {
        if (const auto removed = container.remove(); !removed)
            log::warning(removed.error().message());
        return;
    }
    container.keep();
    if (const auto noted = container.set_exited(end.exit_code); !noted)
        log::warning(noted.error().message());
}

void write_trace(const RunFlags& flags, const sandbox::Trace& trace) {
    if (flags.trace_file.empty()) return;
    constexpr mode_t kMode = 0644;
    const auto written = write_file_atomically(flags.trace_file, trace.to_json(), kMode);
    if (!written) log::warning(written.error().message());
}

Result<int> run_container(const Context& context, RunFlags& flags) {
    sandbox::Trace trace;
    TRY(block_session_signals());
    TRY(complete_flags(flags));
    const HostFiles files = TRY(find_host_files());
    auto store = TRY(state::StateStore::open(context.paths));
    const image::Image image = TRY(find_image(context.paths, flags.image));
    trace.step("find the image");
    state::Container container = TRY(
        store.create({flags.name, flags.image, command_words(flags, image), flags.auto_remove}));
    sandbox::SandboxPlan plan = TRY(make_plan(flags, image, files, context.paths, container));
    trace.step("prepare the container");
    const SessionOptions options{flags.terminal && flags.interactive, flags.terminal};
    const sandbox::SandboxEnd end = TRY(run_session(std::move(plan), options, container, trace));
    conclude(flags, end, container);
    trace.step("clean up");
    write_trace(flags, trace);
    if (!end.message.empty()) fail(end.exit_code, end.message);
    return end.exit_code;
}

int run(const Context& context, const Words& words) {
    RunFlags flags;
    const Parsed parsed =
        parse_command(kRunCommand, words, run_flags(flags), Placement::BeforeArguments);
    if (!parsed.go_on) return parsed.exit_code;
    if (const auto taken = take_run_arguments(parsed.arguments, flags); !taken)
        return usage_error(kRunCommand, taken.error().message());
    const auto code = run_container(context, flags);
    return code ? *code : fail(kExitRunFailure, code.error().message());
}

}  // namespace

const Command kRunCommand = {"run",
                             "run [FLAGS] IMAGE [COMMAND [ARGUMENT...]]",
                             "Run a command in a new container, in a virtual machine of its own",
                             "bulkhead run --rm -it debian bash",
                             kExitRunFailure,
                             run};

}  // namespace bulkhead::cli
