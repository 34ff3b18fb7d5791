// bulkhead stop, restart, kill, pause, unpause, rename, wait.
#include <chrono>
#include <csignal>
#include <iostream>
#include <optional>

#include "base/text.h"
#include "host/runtime/signals.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/run_flags.h"

namespace bulkhead::cli {

namespace {

using engine::Engine;
using state::Record;

std::vector<Flag> stop_flags(engine::StopOptions& target) {
    return {{"time", 't', "SECONDS", "to wait before it is killed (default: its --stop-timeout)",
             [&target](const std::string& value) -> Result<void> {
                 target.grace = std::chrono::seconds(TRY(parse_seconds(value)));
                 return {};
             }},
            {"signal", 's', "SIGNAL", "to send (default: its --stop-signal)",
             [&target](const std::string& value) -> Result<void> {
                 target.signal = TRY(runtime::parse_signal(value));
                 return {};
             }}};
}

int needs_one(const Command& command) {
    return usage_error(command,
                       concat("'bulkhead ", command.name, "' requires at least 1 argument"));
}

int stop(const Context& context, const Words& words) {
    engine::StopOptions options;
    const Parsed parsed = parse_command(kStopCommand, words, stop_flags(options));
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty()) return needs_one(kStopCommand);
    return for_each_container(context, parsed.arguments, [&](Engine& engine, const Record& record) {
        return engine.stop(record, options);
    });
}

int restart(const Context& context, const Words& words) {
    engine::StopOptions options;
    const Parsed parsed = parse_command(kRestartCommand, words, stop_flags(options));
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty()) return needs_one(kRestartCommand);
    return for_each_container(context, parsed.arguments,
                              [&](Engine& engine, const Record& record) -> Result<void> {
                                  const auto outcome = TRY(engine.restart(record, options));
                                  if (!outcome.running) return Error(outcome.message);
                                  return {};
                              });
}

int kill(const Context& context, const Words& words) {
    int signal = SIGKILL;
    const Parsed parsed = parse_command(kKillCommand, words,
                                        {{"signal", 's', "SIGNAL", "to send (default KILL)",
                                          [&signal](const std::string& value) -> Result<void> {
                                              signal = TRY(runtime::parse_signal(value));
                                              return {};
                                          }}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty()) return needs_one(kKillCommand);
    return for_each_container(context, parsed.arguments, [&](Engine& engine, const Record& record) {
        return engine.kill(record, signal);
    });
}

int pause(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kPauseCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty()) return needs_one(kPauseCommand);
    return for_each_container(context, parsed.arguments, [](Engine& engine, const Record& record) {
        return engine.pause(record);
    });
}

int unpause(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kUnpauseCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty()) return needs_one(kUnpauseCommand);
    return for_each_container(context, parsed.arguments, [](Engine& engine, const Record& record) {
        return engine.unpause(record);
    });
}

Result<void> rename_one(const Context& context, const std::string& reference,
                        const std::string& name) {
    auto engine = TRY(Engine::open(context.paths));
    const Record record = TRY(engine.find(reference));
    return engine.rename(record, name);
}

int rename(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kRenameCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() != 2)
        return usage_error(kRenameCommand, "'bulkhead rename' requires exactly 2 arguments");
    const auto done = rename_one(context, parsed.arguments[0], parsed.arguments[1]);
    return done ? kExitOk : fail(kExitFailure, done.error().message());
}

Result<int> wait_one(const Context& context, const std::string& reference) {
    const auto engine = TRY(Engine::open(context.paths));
    const Record record = TRY(engine.find(reference));
    return engine.wait(record);
}

int wait(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kWaitCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty()) return needs_one(kWaitCommand);
    int code = kExitOk;
    for (const std::string& reference : parsed.arguments) {
        const auto exit_code = wait_one(context, reference);
        if (exit_code) {
            std::cout << *exit_code << std::endl;
        } else {
            code = fail(kExitFailure, exit_code.error().message());
        }
    }
    return code;
}

}  // namespace

const Command kStopCommand = {"stop",
                              "stop [FLAGS] CONTAINER...",
                              "Ask containers to end, and kill those that do not",
                              "bulkhead stop -t 30 web",
                              kExitFailure,
                              stop};

const Command kRestartCommand = {"restart",
                                 "restart [FLAGS] CONTAINER...",
                                 "Stop containers and start them again",
                                 "bulkhead restart web",
                                 kExitFailure,
                                 restart};

const Command kKillCommand = {"kill",
                              "kill [FLAGS] CONTAINER...",
                              "Send a signal to containers' first processes",
                              "bulkhead kill -s HUP web",
                              kExitFailure,
                              kill};

const Command kPauseCommand = {"pause",
                               "pause CONTAINER...",
                               "Stop the processors of containers' machines",
                               "bulkhead pause web",
                               kExitFailure,
                               pause};

const Command kUnpauseCommand = {"unpause",
                                 "unpause CONTAINER...",
                                 "Let paused containers go on",
                                 "bulkhead unpause web",
                                 kExitFailure,
                                 unpause};

const Command kRenameCommand = {"rename",
                                "rename CONTAINER NAME",
                                "Give a container another name",
                                "bulkhead rename brisk_harbor web",
                                kExitFailure,
                                rename};

const Command kWaitCommand = {"wait",
                              "wait CONTAINER...",
                              "Wait until containers have ended, and print their exit codes",
                              "bulkhead wait web",
                              kExitFailure,
                              wait};

}  // namespace bulkhead::cli
