// bulkhead exec, attach: a process in a container that runs already.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/engine/client.h"
#include "host/engine/container_config.h"
#include "host/runtime/capabilities.h"
#include "host/runtime/environment.h"
#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"
#include "tools/bulkhead/attached.h"
#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

namespace {

namespace wire = supervisor::v1;
using Descriptors = std::vector<UniqueFd>;

constexpr std::size_t kMaxVariableFile = 4 * 1024 * 1024;

struct ExecFlags {
    bool interactive = false;
    bool terminal = false;
    bool detach = false;
    std::string user;
    std::string directory;
    Words variables;
    Words variable_files;
    DetachKeys detach_keys = DetachKeys::usual();
    bool privileged = false;
    Words command;
};

std::optional<std::string> own_variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

Result<void> give_all_capabilities(oci::v1::Process& process) {
    auto& capabilities = *process.mutable_capabilities();
    capabilities.clear_bounding();
    capabilities.clear_effective();
    capabilities.clear_permitted();
    for (const std::string& name : TRY(runtime::container_capabilities({"ALL"}, {}))) {
        capabilities.add_bounding(name);
        capabilities.add_effective(name);
        capabilities.add_permitted(name);
    }
    return {};
}

// The container's own process with another command, and with what the flags change.
Result<oci::v1::Process> exec_process(const ExecFlags& flags, const oci::v1::Process& first) {
    oci::v1::Process process = first;
    process.clear_args();
    for (const std::string& word : flags.command) process.add_args(word);
    process.set_terminal(flags.terminal);
    process.clear_console_size();
    runtime::Environment changes;
    for (const std::string& path : flags.variable_files) {
        const std::string content = TRY(read_file(path, kMaxVariableFile));
        for (std::string& each : TRY(runtime::parse_env_file(content, path, own_variable)))
            changes.push_back(std::move(each));
    }
    for (const std::string& flag : flags.variables)
        changes.push_back(TRY(runtime::parse_env_flag(flag, own_variable)));
    const runtime::Environment merged =
        runtime::merge_environment({first.env().begin(), first.env().end()}, changes);
    process.clear_env();
    for (const std::string& variable : merged) process.add_env(variable);
    if (flags.terminal) {
        const runtime::TerminalSize size = terminal_size(STDOUT_FILENO);
        process.mutable_console_size()->set_height(size.rows);
        process.mutable_console_size()->set_width(size.columns);
    }
    if (flags.privileged) TRY(give_all_capabilities(process));
    if (!flags.directory.empty()) process.set_cwd(flags.directory);
    if (!flags.user.empty()) {
        process.clear_user();
        process.mutable_user()->set_username(flags.user);
    }
    return process;
}

Result<void> connect(Attached& attached, bool input, bool error, Descriptors descriptors) {
    const std::size_t expected = 1U + (input ? 1U : 0U) + (error ? 1U : 0U);
    if (descriptors.size() != expected) return Error("the supervisor sent other streams");
    std::size_t next = 0;
    UniqueFd in = input ? std::move(descriptors[next++]) : UniqueFd();
    UniqueFd out = std::move(descriptors[next++]);
    UniqueFd err = error ? std::move(descriptors[next]) : UniqueFd();
    return attached.connect(std::move(in), std::move(out), std::move(err));
}

void await_end(engine::Client& client, Attached& attached, const std::string& process) {
    wire::Request request;
    request.mutable_wait()->set_process(process);
    client.call(std::move(request), [&attached](auto reply, auto) {
        if (!reply) return attached.fail(reply.error());
        const wire::End& end = (*reply)->wait().end();
        attached.process_ended({end.exit_code(), end.message()});
    });
}

// Runs the loop until the process has ended.
Result<AttachedEnd> follow(EventLoop& loop, engine::Client& client,
                           const Attached::Options& options, bool error, Descriptors descriptors) {
    Attached attached(loop, client, options);
    TRY(attached.watch_signals());
    TRY(connect(attached, options.input, error, std::move(descriptors)));
    await_end(client, attached, options.process);
    attached.process_runs();
    loop.run();
    return attached.end();
}

struct Started {
    wire::ExecReply reply;
    Descriptors descriptors;
};

Result<Started> start_exec(EventLoop& loop, engine::Client& client, wire::Request request) {
    Result<Started> started = Started{};
    client.call(std::move(request), [&](auto reply, Descriptors descriptors) {
        if (reply) {
            started = Started{(*reply)->exec(), std::move(descriptors)};
        } else {
            started = reply.error();
        }
        loop.stop();
    });
    loop.run();
    return started;
}

Result<int> exec_in(const Context& context, const std::string& reference, const ExecFlags& flags) {
    TRY(block_attached_signals());
    if (flags.terminal && flags.interactive && ::isatty(STDIN_FILENO) == 0)
        return Error("the input device is not a TTY");
    const auto engine = TRY(engine::Engine::open(context.paths));
    const state::Record record = TRY(engine.find(reference));
    EventLoop loop;
    UniqueFd connection = TRY(engine.connect(record));
    engine::Client client(loop, std::move(connection));
    const auto config = TRY(engine::load_config(engine.store().directory_of(record)));
    if (config.strict() && flags.privileged)
        return Error("the container was made with --security strict: exec --privileged is refused");
    wire::Request request;
    auto& exec = *request.mutable_exec();
    *exec.mutable_process() = TRY(exec_process(flags, config.spec().process()));
    exec.set_input(flags.interactive);
    exec.set_detached(flags.detach);
    Started started = TRY(start_exec(loop, client, std::move(request)));
    if (started.reply.process().empty())
        return fail(started.reply.end().exit_code(), started.reply.end().message());
    if (flags.detach) return kExitOk;
    Attached::Options options{.process = started.reply.process(),
                              .terminal = flags.terminal,
                              .size = terminal_size(STDOUT_FILENO),
                              .input = started.reply.input(),
                              .detach_keys = flags.detach_keys};
    const AttachedEnd end =
        TRY(follow(loop, client, options, started.reply.error(), std::move(started.descriptors)));
    if (!end.message.empty()) fail(end.exit_code, end.message);
    return end.exit_code;
}

int exec(const Context& context, const Words& words) {
    ExecFlags flags;
    const Parsed parsed = parse_command(
        kExecCommand, words,
        {{"interactive", 'i', "", "keep standard input open", store(flags.interactive)},
         {"tty", 't', "", "give the process a terminal", store(flags.terminal)},
         {"detach", 'd', "", "do not wait for it", store(flags.detach)},
         {"env", 'e', "NAME[=VALUE]", "set a variable, or pass ours on", append(flags.variables)},
         {"env-file", '\0', "FILE", "read variables from a file", append(flags.variable_files)},
         {"privileged", '\0', "", "with every capability", store(flags.privileged)},
         detach_keys_flag(flags.detach_keys),
         {"workdir", 'w', "DIR", "working directory", store(flags.directory)},
         {"user", 'u', "USER[:GROUP]", "name or id", store(flags.user)}},
        Placement::BeforeArguments);
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() < 2)
        return usage_error(kExecCommand, "'bulkhead exec' requires at least 2 arguments");
    flags.command.assign(parsed.arguments.begin() + 1, parsed.arguments.end());
    const auto code = exec_in(context, parsed.arguments.front(), flags);
    return code ? *code : fail(kExitFailure, code.error().message());
}

struct AttachFlags {
    bool no_stdin = false;
    bool pass_signals = true;
    DetachKeys detach_keys = DetachKeys::usual();
};

Result<int> attach_to(const Context& context, const std::string& reference,
                      const AttachFlags& flags) {
    TRY(block_attached_signals());
    const auto engine = TRY(engine::Engine::open(context.paths));
    const state::Record record = TRY(engine.find(reference));
    const auto config = TRY(engine::load_config(engine.store().directory_of(record)));
    EventLoop loop;
    UniqueFd connection = TRY(engine.connect(record));
    engine::Client client(loop, std::move(connection));
    Attached attached(loop, client,
                      {.process = {},
                       .terminal = config.spec().process().terminal(),
                       .size = {},
                       .input = config.open_stdin() && !flags.no_stdin,
                       .pass_signals = flags.pass_signals,
                       .detach_keys = flags.detach_keys});
    TRY(attached.watch_signals());
    wire::Request request;
    request.mutable_attach()->set_input(config.open_stdin() && !flags.no_stdin);
    client.call(std::move(request), [&](auto reply, Descriptors descriptors) {
        if (!reply) return attached.fail(reply.error());
        const wire::AttachReply& streams = (*reply)->attach();
        const auto connected =
            connect(attached, streams.input(), streams.error(), std::move(descriptors));
        if (!connected) return attached.fail(connected.error());
        attached.process_runs();
    });
    await_end(client, attached, {});
    loop.run();
    const AttachedEnd end = TRY(attached.end());
    if (!end.message.empty()) fail(end.exit_code, end.message);
    return end.exit_code;
}

int attach(const Context& context, const Words& words) {
    AttachFlags flags;
    const Parsed parsed = parse_command(
        kAttachCommand, words,
        {{"no-stdin", '\0', "", "do not give it our input", store(flags.no_stdin)},
         detach_keys_flag(flags.detach_keys),
         {"sig-proxy", '\0', "", "pass our signals on (default true)", store(flags.pass_signals)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() != 1)
        return usage_error(kAttachCommand, "'bulkhead attach' requires exactly 1 argument");
    const auto code = attach_to(context, parsed.arguments.front(), flags);
    return code ? *code : fail(kExitFailure, code.error().message());
}

}  // namespace

const Command kExecCommand = {"exec",
                              "exec [FLAGS] CONTAINER COMMAND [ARGUMENT...]",
                              "Run a further command in a running container",
                              "bulkhead exec -it web sh",
                              kExitFailure,
                              exec};

const Command kAttachCommand = {"attach",
                                "attach [FLAGS] CONTAINER",
                                "Show a running container's output, and give it our input",
                                "bulkhead attach web",
                                kExitFailure,
                                attach};

}  // namespace bulkhead::cli
