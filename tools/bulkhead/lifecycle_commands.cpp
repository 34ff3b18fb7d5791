// bulkhead stop, restart, kill, wait.
#include <chrono>
#include <csignal>
#include <iostream>
#include <optional>

#include "base/text.h"
#include "host/engine/client.h"
#include "host/engine/container_config.h"
#include "host/runtime/signals.h"
#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/foreground.h"
#include "tools/bulkhead/run_flags.h"
#include "tools/bulkhead/supervised.h"

namespace bulkhead::cli {

namespace {

namespace wire = supervisor::v1;

struct StopFlags {
    std::optional<std::uint32_t> seconds;
    std::optional<int> signal;
};

std::vector<Flag> stop_flags(StopFlags& target) {
    return {{"time", 't', "SECONDS", "to wait before it is killed (default: its --stop-timeout)",
             [&target](const std::string& value) -> Result<void> {
                 target.seconds = TRY(parse_seconds(value));
                 return {};
             }},
            {"signal", 's', "SIGNAL", "to send (default: its --stop-signal)",
             [&target](const std::string& value) -> Result<void> {
                 target.signal = TRY(runtime::parse_signal(value));
                 return {};
             }}};
}

Result<wire::Reply> call(const state::StateStore& store, const state::Record& record,
                         wire::Request request) {
    EventLoop loop;
    UniqueFd connection = TRY(connect_supervisor(store, record));
    engine::Client client(loop, std::move(connection));
    return client.call_and_wait(std::move(request));
}

// One that does not run is stopped already, as with docker.
Result<void> stop_container(const state::StateStore& store, const state::Record& record,
                            const StopFlags& flags) {
    if (!state::is_live(record.status)) return {};
    const auto config = TRY(engine::load_config(store.directory_of(record)));
    const std::chrono::seconds grace(flags.seconds.value_or(config.stop_timeout_seconds()));
    wire::Request request;
    auto& stop = *request.mutable_stop();
    stop.set_signal(
        static_cast<std::uint32_t>(flags.signal.value_or(static_cast<int>(config.stop_signal()))));
    stop.set_grace_ns(static_cast<std::uint64_t>(std::chrono::nanoseconds(grace).count()));
    const auto done = call(store, record, std::move(request));
    if (done) return {};
    // It may have ended between our look and our call.
    const auto now = store.find(record.id);
    if (!now || !state::is_live(now->status)) return {};
    return done.error();
}

Result<void> stop_one(const Context& context, const std::string& reference,
                      const StopFlags& flags) {
    const auto store = TRY(state::StateStore::open(context.paths));
    const state::Record record = TRY(store.find(reference));
    return stop_container(store, record, flags);
}

int stop(const Context& context, const Words& words) {
    StopFlags flags;
    const Parsed parsed = parse_command(kStopCommand, words, stop_flags(flags));
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kStopCommand, "'bulkhead stop' requires at least 1 argument");
    return for_each_container(parsed.arguments, [&](const std::string& reference) {
        return stop_one(context, reference, flags);
    });
}

Result<void> restart_one(const Context& context, const std::string& reference,
                         const StopFlags& flags) {
    const auto store = TRY(state::StateStore::open(context.paths));
    const state::Record record = TRY(store.find(reference));
    if (record.auto_remove && state::is_live(record.status))
        return Error(
            concat("container ", record.name, " was made with --rm: it goes when it stops"));
    TRY(stop_container(store, record, flags));
    UniqueFd connection = TRY(launch_supervisor(context, store, record));
    const AttachedEnd end = TRY(start_in_background(std::move(connection)));
    if (end.exit_code != kExitOk) return Error(end.message);
    return {};
}

int restart(const Context& context, const Words& words) {
    StopFlags flags;
    const Parsed parsed = parse_command(kRestartCommand, words, stop_flags(flags));
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kRestartCommand, "'bulkhead restart' requires at least 1 argument");
    return for_each_container(parsed.arguments, [&](const std::string& reference) {
        return restart_one(context, reference, flags);
    });
}

Result<void> kill_one(const Context& context, const std::string& reference, int signal) {
    const auto store = TRY(state::StateStore::open(context.paths));
    const state::Record record = TRY(store.find(reference));
    wire::Request request;
    request.mutable_signal()->set_signal(static_cast<std::uint32_t>(signal));
    TRY_CONTEXT(call(store, record, std::move(request)), "cannot kill container");
    return {};
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
    if (parsed.arguments.empty())
        return usage_error(kKillCommand, "'bulkhead kill' requires at least 1 argument");
    return for_each_container(parsed.arguments, [&](const std::string& reference) {
        return kill_one(context, reference, signal);
    });
}

Result<int> wait_one(const Context& context, const std::string& reference) {
    const auto store = TRY(state::StateStore::open(context.paths));
    const state::Record record = TRY(store.find(reference));
    if (!state::is_live(record.status)) return record.exit_code;
    wire::Request request;
    request.mutable_wait();
    const auto reply = call(store, record, std::move(request));
    if (reply) return reply->wait().end().exit_code();
    const auto now = store.find(record.id);
    if (now && now->status == state::Status::Exited) return now->exit_code;
    return reply.error();
}

int wait(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kWaitCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kWaitCommand, "'bulkhead wait' requires at least 1 argument");
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

const Command kWaitCommand = {"wait",
                              "wait CONTAINER...",
                              "Wait until containers have ended, and print their exit codes",
                              "bulkhead wait web",
                              kExitFailure,
                              wait};

}  // namespace bulkhead::cli
