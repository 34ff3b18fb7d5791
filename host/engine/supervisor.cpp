#include "host/engine/supervisor.h"

#include <csignal>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "host/engine/container_config.h"
#include "host/engine/update.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

namespace wire = supervisor::v1;

constexpr const char* kNotRunning = "the container is not running";
constexpr std::size_t kMaxConsole = 96 * 1024;  // a packet holds 128 KiB

void add_steps(const sandbox::Trace& trace, wire::WaitReply& reply) {
    for (const sandbox::Trace::Event& event : trace.events()) {
        auto& step = *reply.add_steps();
        step.set_name(event.name);
        step.set_track(static_cast<std::uint32_t>(event.track));
        step.set_begin_ns(event.start_ns);
        step.set_end_ns(event.end_ns);
    }
}

// A client's descriptors in the order of the protocol.
std::vector<int> in_order(std::initializer_list<const UniqueFd*> streams) {
    std::vector<int> descriptors;
    for (const UniqueFd* stream : streams) {
        if (stream->valid()) descriptors.push_back(stream->get());
    }
    return descriptors;
}

void fail_as(const std::shared_ptr<Session>& session, std::uint32_t number, wire::FailureKind kind,
             std::string why) {
    wire::Reply reply;
    reply.set_failure_kind(kind);
    reply.set_failure(std::move(why));
    session->reply(number, std::move(reply));
}

std::string words_of(const oci::v1::Process& process) {
    std::string text;
    for (const std::string& word : process.args()) text += (text.empty() ? "" : " ") + word;
    return text;
}

}  // namespace

wire::End wire_end(const sandbox::SandboxEnd& end) {
    wire::End result;
    result.set_exit_code(end.exit_code);
    result.set_message(end.message);
    result.set_ran(end.ran);
    result.set_oom_killed(end.oom_killed);
    return result;
}

Supervisor::Supervisor(EventLoop& loop, Parts parts)
    : loop_(loop), parts_(std::move(parts)), confinement_(parts_.store.paths()) {
    make_run();
}

Supervisor::~Supervisor() = default;

void Supervisor::add_client(UniqueFd socket) {
    const auto session = std::make_shared<Session>(
        loop_, std::move(socket),
        Session::Events{[this](const auto& from, const auto& request, auto descriptors) {
                            on_request(from, request, std::move(descriptors));
                        },
                        [this](const auto& from) { on_closed(from); }});
    sessions_.push_back(session);
    session->watch();
}

void Supervisor::on_closed(const SessionRef& session) {
    sessions_.remove(session);
    if (!sessions_.empty() || started_) return;
    if (maintenance_) return maintenance_->finish();
    leave();
}

void Supervisor::on_request(const SessionRef& session, const wire::Request& request,
                            std::vector<UniqueFd> descriptors) {
    const std::uint32_t number = request.number();
    if (FileCalls::takes(request)) return on_file_call(session, request);
    switch (request.call_case()) {
        case wire::Request::kAttach:
            return attach(session, number, request.attach().input());
        case wire::Request::kStart:
            return start(session, number, request.start(), std::move(descriptors));
        case wire::Request::kWait:
            return wait(session, number, request.wait());
        case wire::Request::kSignal:
            return signal(session, number, request.signal());
        case wire::Request::kStop:
            return stop(session, number, request.stop());
        case wire::Request::kResize:
            resize(request.resize().process(), request.resize().size().rows(),
                   request.resize().size().columns());
            return session->reply(number, {});
        case wire::Request::kDetach:
            detach(request.detach().process());
            return session->reply(number, {});
        case wire::Request::kExec:
            return exec(session, number, request.exec());
        case wire::Request::kCloseOutput:
            run_->stdio().close_output(request.close_output().error()
                                           ? ContainerStdio::Source::Error
                                           : ContainerStdio::Source::Output);
            return session->reply(number, {});
        case wire::Request::kPause:
            return pause(session, number, request.pause().resume());
        case wire::Request::kCheckpoint:
            return checkpoint(session, number, request.checkpoint());
        case wire::Request::kRename:
            return rename(session, number, request.rename().name());
        case wire::Request::kUpdate:
            return update(session, number, request.update());
        case wire::Request::kConsole:
            return console(session, number);
        default:
            break;
    }
    fail_as(session, number, wire::FAILURE_KIND_UNKNOWN_CALL,
            "the container's supervisor is of another version and cannot do this");
}

void Supervisor::attach(const SessionRef& session, std::uint32_t number, bool input) {
    const auto streams = run_->stdio().attach(input);
    if (!streams) return session->fail(number, streams.error().message());
    if (started_) parts_.events.emit("attach");
    wire::Reply reply;
    reply.mutable_attach()->set_input(streams->input.valid());
    reply.mutable_attach()->set_error(streams->error.valid());
    session->reply(number, std::move(reply),
                   in_order({&streams->input, &streams->output, &streams->error}));
}

void Supervisor::start(const SessionRef& session, std::uint32_t number,
                       const wire::StartRequest& request, std::vector<UniqueFd> descriptors) {
    if (maintenance_)
        return session->fail(number, "another command works on the container's files");
    if (std::exchange(started_, true))
        return session->fail(number, "the container was started already");
    starter_ = {session, number};
    UniqueFd console;
    if (request.show_console() && !descriptors.empty()) console = std::move(descriptors.front());
    std::optional<runtime::TerminalSize> size;
    if (request.has_size()) {
        size = {static_cast<std::uint16_t>(request.size().rows()),
                static_cast<std::uint16_t>(request.size().columns())};
    }
    begin(size, std::move(console), /*by_policy=*/false);
}

void Supervisor::wait(const SessionRef& session, std::uint32_t number,
                      const wire::WaitRequest& request) {
    if (!request.process().empty()) return wait_exec(session, number, request.process());
    waiters_.push_back({session, number, request.steps()});
}

void Supervisor::wait_exec(const SessionRef& session, std::uint32_t number,
                           const std::string& process) {
    if (run_->execs() == nullptr) return session->fail(number, kNotRunning);
    const std::weak_ptr<Session> waiting = session;
    run_->execs()->wait(process, [waiting, number](const Result<sandbox::AgentExit>& exit) {
        const auto client = waiting.lock();
        if (!client) return;
        if (!exit) return client->fail(number, exit.error().message());
        wire::Reply reply;
        *reply.mutable_wait()->mutable_end() = wire_end(sandbox::end_of(*exit));
        client->reply(number, std::move(reply));
    });
}

void Supervisor::signal(const SessionRef& session, std::uint32_t number,
                        const wire::SignalRequest& request) {
    const int signal = static_cast<int>(request.signal());
    sandbox::Sandbox* sandbox = live();
    if (sandbox == nullptr && !run_->preparing() && !restart_timer_.active())
        return session->fail(number, kNotRunning);
    if (!request.process().empty()) {
        if (sandbox != nullptr) sandbox->signal_exec(request.process(), signal);
        return session->reply(number, {});
    }
    parts_.events.emit("kill", {{"signal", std::to_string(signal)}});
    const bool is_end =
        signal == SIGKILL || signal == static_cast<int>(parts_.config->stop_signal());
    if (is_end) note_stopped();
    if (run_->preparing()) {
        run_->interrupt(signal);
    } else if (sandbox == nullptr) {
        if (is_end) finish(*last_end_);
    } else if (signal == SIGKILL) {
        sandbox->kill();
    } else {
        if (is_end) note(resume());
        sandbox->signal(signal);
    }
    session->reply(number, {});
}

void Supervisor::stop(const SessionRef& session, std::uint32_t number,
                      const wire::StopRequest& request) {
    if (!started_) return session->fail(number, kNotRunning);
    waiters_.push_back({session, number});
    end_with(static_cast<int>(request.signal()), std::chrono::nanoseconds(request.grace_ns()));
}

void Supervisor::resize(const std::string& process, std::uint32_t rows, std::uint32_t columns) {
    sandbox::Sandbox* sandbox = live();
    if (sandbox == nullptr) return;
    const auto height = static_cast<std::uint16_t>(rows);
    const auto width = static_cast<std::uint16_t>(columns);
    if (process.empty()) {
        sandbox->resize(height, width);
        parts_.events.emit("resize",
                           {{"height", std::to_string(height)}, {"width", std::to_string(width)}});
    } else {
        sandbox->resize_exec(process, height, width);
    }
}

// docker's two events: of the first process, and of a further one.
void Supervisor::detach(const std::string& process) {
    if (live() == nullptr) return;
    if (process.empty()) {
        parts_.events.emit("detach");
    } else {
        parts_.events.emit("exec_detach", {{"execID", process}});
    }
}

void Supervisor::exec(const SessionRef& session, std::uint32_t number,
                      const wire::ExecRequest& request) {
    sandbox::Sandbox* sandbox = live();
    if (sandbox == nullptr || run_->execs() == nullptr) return session->fail(number, kNotRunning);
    if (sandbox->saving()) {
        return fail_as(session, number, wire::FAILURE_KIND_BUSY,
                       "the container is being saved: try again when it goes on");
    }
    if (sandbox->paused()) {
        return fail_as(session, number, wire::FAILURE_KIND_PAUSED,
                       "the container is paused: unpause it before exec");
    }
    const std::string words = words_of(request.process());
    parts_.events.emit("exec_create: " + words);
    const bool streams = !request.detached();
    const sandbox::ExecPlan plan{streams && request.input(), streams,
                                 streams && !request.process().terminal()};
    const std::weak_ptr<Session> waiting = session;
    sandbox->exec(
        request.process(), plan,
        [this, waiting, number, words](Result<sandbox::ExecStarted> started) {
            const bool runs = started && started->failure == sandbox::StartFailure::None;
            if (runs) {
                run_->execs()->add(started->process, waiting);
                parts_.events.emit("exec_start: " + words, {{"execID", started->process}});
            }
            const auto client = waiting.lock();
            if (!client) return;
            if (!started) return client->fail(number, started.error().message());
            wire::Reply reply;
            auto& answer = *reply.mutable_exec();
            if (runs) {
                answer.set_process(started->process);
                answer.set_input(started->input.valid());
                answer.set_error(started->error.valid());
            } else {
                sandbox::AgentStarted failure;
                failure.failure = started->failure;
                failure.message = started->message;
                *answer.mutable_end() = wire_end(sandbox::end_of(failure));
            }
            client->reply(number, std::move(reply),
                          in_order({&started->input, &started->output, &started->error}));
        });
}

void Supervisor::pause(const SessionRef& session, std::uint32_t number, bool resume_it) {
    if (live() == nullptr || !live()->running()) return session->fail(number, kNotRunning);
    if (resume_it) {
        if (const auto resumed = resume(); !resumed)
            return session->fail(number, resumed.error().message());
        return session->reply(number, {});
    }
    const std::weak_ptr<Session> waiting = session;
    run_->pause([this, waiting, number](const Result<void>& paused) {
        if (paused) {
            note(parts_.container.set_paused(true));
            parts_.events.emit("pause");
            parts_.faults.reach("paused", run_->sandbox());
        }
        const auto client = waiting.lock();
        if (!client) return;
        if (!paused) return client->fail(number, paused.error().message());
        client->reply(number, {});
    });
}

void Supervisor::rename(const SessionRef& session, std::uint32_t number, const std::string& name) {
    const std::string old_name = parts_.container.record().name;
    if (const auto renamed = parts_.store.rename(parts_.container, name); !renamed)
        return session->fail(number, renamed.error().message());
    parts_.events.set_name(name);
    parts_.events.emit("rename", {{"oldName", old_name}});
    session->reply(number, {});
}

void Supervisor::update(const SessionRef& session, std::uint32_t number,
                        const wire::UpdateRequest& request) {
    const std::weak_ptr<Session> waiting = session;
    const auto finish = [this, waiting, number, request](Result<void> done) {
        if (done) done = keep_update(request);
        if (done && live() != nullptr) done = run_->renew_limits();
        const auto client = waiting.lock();
        if (!client) return;
        if (!done) return client->fail(number, done.error().message());
        client->reply(number, {});
    };
    // Its machine is planned as it was.
    if (run_->preparing()) return finish(Error("the container does not run yet"));
    if (live() == nullptr) return finish({});
    if (auto possible = check_running_update(run_->shape(), request); !possible)
        return finish(std::move(possible));
    const auto update_guest = [this, request, finish](Result<void> done) {
        if (!done || !request.has_resources() || live() == nullptr) return finish(std::move(done));
        live()->update(request.resources(), finish);
    };
    if (!request.has_device_limits()) return update_guest({});
    container::v1::Config wanted = *parts_.config;
    apply_update(request, wanted);
    live()->set_device_limits(device_limits_of(wanted), update_guest);
}

Result<void> Supervisor::keep_update(const wire::UpdateRequest& request) {
    apply_update(request, *parts_.config);
    TRY(save_config(parts_.container.directory(), *parts_.config));
    parts_.events.emit("update");
    return {};
}

void Supervisor::console(const SessionRef& session, std::uint32_t number) {
    std::string text = run_->sandbox() == nullptr ? "" : run_->sandbox()->console();
    if (text.size() > kMaxConsole) text.erase(0, text.size() - kMaxConsole);
    wire::Reply reply;
    reply.mutable_console()->set_text(std::move(text));
    session->reply(number, std::move(reply));
}

void Supervisor::reply_end(const Owed& owed, const sandbox::SandboxEnd& end) {
    const auto session = owed.session.lock();
    if (!session) return;
    wire::Reply reply;
    *reply.mutable_wait()->mutable_end() = wire_end(end);
    if (owed.steps) add_steps(run_->trace(), *reply.mutable_wait());
    session->reply(owed.number, std::move(reply));
}

}  // namespace bulkhead::engine
