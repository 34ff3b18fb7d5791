#include "host/engine/engine.h"

#include <algorithm>
#include <utility>

#include "base/event_loop.h"
#include "base/text.h"
#include "host/engine/client.h"
#include "host/engine/container_config.h"
#include "host/engine/reach.h"
#include "host/engine/restart_policy.h"
#include "host/engine/update.h"
#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

namespace wire = supervisor::v1;
using state::Record;

Result<wire::Reply> call_over(UniqueFd connection, wire::Request request,
                              std::chrono::nanoseconds most) {
    EventLoop loop;
    Client client(loop, std::move(connection));
    return client.call_and_wait(std::move(request), most);
}

bool ended(const Result<Record>& record) {
    return !record || !state::is_live(record->status);
}

}  // namespace

Result<Engine> Engine::open(const state::Paths& paths) {
    return Engine(TRY(state::StateStore::open(paths)));
}

ContainerEvents Engine::events_of(const Record& record) const {
    const auto config = load_config(store_.directory_of(record));
    if (config) return {event_journal(store_.paths()), record, *config};
    return {event_journal(store_.paths()), record, container::v1::Config()};
}

Result<state::Container> Engine::create(const state::NewContainer& wanted,
                                        const MakeConfig& make_config) {
    state::Container container = TRY(store_.create(wanted));
    const auto config = TRY(make_config(container.record()));
    TRY(save_config(container.directory(), config));
    ContainerEvents(event_journal(store_.paths()), container.record(), config).emit("create");
    container.keep();
    return container;
}

Result<UniqueFd> Engine::launch(const Record& record) const {
    return launch_supervisor(store_, record);
}

Result<UniqueFd> Engine::launch(state::Container created) const {
    const Record record = created.record();
    return launch_supervisor(store_, record, created.hand_over());
}

Result<UniqueFd> Engine::connect(const Record& record) const {
    return connect_supervisor(store_, record);
}

Result<wire::Reply> Engine::call(const Record& record, wire::Request request,
                                 std::chrono::nanoseconds most) const {
    UniqueFd connection = TRY(connect(record));
    return call_over(std::move(connection), std::move(request), most);
}

Result<StartOutcome> Engine::start(const Record& record) const {
    if (record.status == state::Status::Paused)
        return Error("cannot start a paused container, try unpause instead");
    if (state::is_live(record.status)) return StartOutcome{true, 0, {}};
    UniqueFd supervisor = TRY(launch(record));
    wire::Request request;
    request.mutable_start();
    // The start has its own time limit.
    const wire::Reply reply = TRY(call_over(std::move(supervisor), std::move(request), {}));
    const wire::End& end = reply.start().end();
    StartOutcome outcome{reply.start().running(), end.exit_code(), end.message()};
    if (!outcome.running && outcome.message.empty())
        outcome.message = concat("container ", record.name, " was stopped while it started");
    return outcome;
}

Result<void> Engine::stop(const Record& record, const StopOptions& options) const {
    if (!state::is_live(record.status)) return {};
    const auto config = TRY(load_config(store_.directory_of(record)));
    const std::chrono::nanoseconds grace =
        options.grace.value_or(std::chrono::seconds(config.stop_timeout_seconds()));
    wire::Request request;
    auto& stop = *request.mutable_stop();
    stop.set_signal(static_cast<std::uint32_t>(
        options.signal.value_or(static_cast<int>(config.stop_signal()))));
    stop.set_grace_ns(static_cast<std::uint64_t>(grace.count()));
    const auto done = call(record, std::move(request), grace + kPatience);
    // It may have ended between our look and our call.
    if (done || ended(store_.find(record.id))) return {};
    return done.error();
}

Result<StartOutcome> Engine::restart(const Record& record, const StopOptions& options) const {
    if (record.auto_remove && state::is_live(record.status))
        return Error(
            concat("container ", record.name, " was made with --rm: it goes when it stops"));
    TRY(stop(record, options));
    const Record stopped = TRY(store_.find(record.id));
    auto outcome = TRY(start(stopped));
    if (outcome.running) events_of(record).emit("restart");
    return outcome;
}

Result<void> Engine::kill(const Record& record, int signal) const {
    wire::Request request;
    request.mutable_signal()->set_signal(static_cast<std::uint32_t>(signal));
    TRY_CONTEXT(call(record, std::move(request)), "cannot kill container");
    return {};
}

Result<int> Engine::wait(const Record& record) const {
    if (!state::is_live(record.status)) return record.exit_code;
    wire::Request request;
    request.mutable_wait();
    const auto reply = call(record, std::move(request), {});
    if (reply) return reply->wait().end().exit_code();
    const auto now = store_.find(record.id);
    if (now && now->status == state::Status::Exited) return now->exit_code;
    return reply.error();
}

Result<void> Engine::set_paused(const Record& record, bool paused) const {
    wire::Request request;
    request.mutable_pause()->set_resume(!paused);
    TRY(call(record, std::move(request)));
    return {};
}

Result<void> Engine::pause(const Record& record) const {
    return set_paused(record, true).context(concat("cannot pause container ", record.name));
}

Result<void> Engine::unpause(const Record& record) const {
    return set_paused(record, false).context(concat("cannot unpause container ", record.name));
}

Result<void> Engine::checkpoint(const Record& record, const std::string& name,
                                bool leave_running) const {
    wire::Request request;
    request.mutable_checkpoint()->set_name(name);
    request.mutable_checkpoint()->set_leave_running(leave_running);
    // It takes as long as writing all of a machine does.
    TRY_CONTEXT(call(record, std::move(request), {}),
                concat("cannot checkpoint container ", record.name));
    return {};
}

Result<void> Engine::rename(const Record& record, const std::string& name) {
    if (state::is_live(record.status)) {
        wire::Request request;
        request.mutable_rename()->set_name(name);
        TRY(call(record, std::move(request)));
        return {};
    }
    state::Container container = TRY(store_.claim(record));
    TRY(store_.rename(container, name));
    events_of(container.record()).emit("rename", {{"oldName", record.name}});
    return {};
}

Result<void> Engine::update(const Record& record, const wire::UpdateRequest& update) {
    if (state::is_live(record.status)) {
        wire::Request request;
        *request.mutable_update() = update;
        TRY(call(record, std::move(request)));
        return {};
    }
    const state::Container container = TRY(store_.claim(record));
    auto config = TRY(load_config(container.directory()));
    apply_update(update, config);
    TRY(save_config(container.directory(), config));
    events_of(record).emit("update");
    return {};
}

Result<void> Engine::remove(const Record& record, bool force) {
    const ContainerEvents events = events_of(record);
    TRY(store_.remove(record, force));
    // A --rm container that was killed has said it itself.
    if (!record.auto_remove || !state::is_live(record.status)) events.emit("destroy");
    return {};
}

std::vector<Engine::Boot> Engine::boot() {
    std::vector<Boot> boots;
    for (const Record& record : store_.list()) {
        if (state::is_live(record.status) || record.started_at == 0) continue;
        const auto config = load_config(store_.directory_of(record));
        if (!config) {
            boots.push_back({record, config.error()});
            continue;
        }
        const RunEnd end{.exit_code = record.exit_code,
                         .ran = {},
                         .stopped = record.manually_stopped,
                         .restarts = record.restart_count};
        const bool was_live = record.status == state::Status::Dead ||
                              record.exit_code == state::Record::kExitOfLostHost;
        if (starts_at_boot(config->restart(), end, was_live))
            boots.push_back({record, start(record)});
    }
    return boots;
}

}  // namespace bulkhead::engine
