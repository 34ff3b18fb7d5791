#include "host/engine/supervisor.h"

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

namespace wire = supervisor::v1;

constexpr const char* kNotRunning = "the container is not running";

std::int64_t realtime_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

ContainerStdio::Plan stdio_plan(const container::v1::Config& config) {
    return {config.open_stdin(), config.stdin_once(), !config.spec().process().terminal()};
}

wire::End wire_end(const sandbox::SandboxEnd& end) {
    wire::End result;
    result.set_exit_code(end.exit_code);
    result.set_message(end.message);
    result.set_ran(end.ran);
    result.set_oom_killed(end.oom_killed);
    return result;
}

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

}  // namespace

Supervisor::Supervisor(EventLoop& loop, Parts parts)
    : loop_(loop),
      parts_(std::move(parts)),
      stdio_(
          loop, stdio_plan(*parts_.config),
          [this](auto source, auto bytes) { write_log(source, bytes); },
          [this] {
              if (sandbox_) sandbox_->streams_drained();
          }) {}

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
    if (sessions_.empty() && !sandbox_) leave();
}

void Supervisor::on_request(const SessionRef& session, const wire::Request& request,
                            std::vector<UniqueFd> descriptors) {
    const std::uint32_t number = request.number();
    switch (request.call_case()) {
        case wire::Request::kAttach:
            return attach(session, number, request.attach().input());
        case wire::Request::kStart:
            return start(session, number, request.start(), std::move(descriptors));
        case wire::Request::kWait:
            return wait(session, number, request.wait());
        case wire::Request::kSignal:
            return signal(session, number, request.signal().process(),
                          static_cast<int>(request.signal().signal()));
        case wire::Request::kStop:
            return stop(session, number, request.stop());
        case wire::Request::kResize:
            resize(request.resize().process(), request.resize().size().rows(),
                   request.resize().size().columns());
            return session->reply(number, {});
        case wire::Request::kExec:
            return exec(session, number, request.exec());
        case wire::Request::kCloseOutput:
            stdio_.close_output(request.close_output().error() ? ContainerStdio::Source::Error
                                                               : ContainerStdio::Source::Output);
            return session->reply(number, {});
        case wire::Request::CALL_NOT_SET:
            break;
    }
    wire::Reply unknown;
    unknown.set_failure_kind(wire::FAILURE_KIND_UNKNOWN_CALL);
    unknown.set_failure("the container's supervisor is of another version and cannot do this");
    session->reply(number, std::move(unknown));
}

void Supervisor::attach(const SessionRef& session, std::uint32_t number, bool input) {
    const auto streams = stdio_.attach(input);
    if (!streams) return session->fail(number, streams.error().message());
    wire::Reply reply;
    reply.mutable_attach()->set_input(streams->input.valid());
    reply.mutable_attach()->set_error(streams->error.valid());
    session->reply(number, std::move(reply),
                   in_order({&streams->input, &streams->output, &streams->error}));
}

void Supervisor::start(const SessionRef& session, std::uint32_t number,
                       const wire::StartRequest& request, std::vector<UniqueFd> descriptors) {
    if (sandbox_) return session->fail(number, "the container was started already");
    starter_ = {session, number};
    UniqueFd console;
    if (request.show_console() && !descriptors.empty()) console = std::move(descriptors.front());
    if (const auto begun = begin(request, std::move(console)); !begun) {
        sandbox::SandboxEnd failure;
        failure.message = begun.error().message();
        on_ended(failure);
    }
}

Result<void> Supervisor::begin(const wire::StartRequest& request, UniqueFd console) {
    TRY(parts_.container.set_starting());
    sandbox::SandboxPlan plan = TRY(make_launch_plan(*parts_.config, parts_.files, parts_.places));
    if (request.has_size()) {
        auto& size = *plan.start->mutable_spec()->mutable_process()->mutable_console_size();
        size.set_height(request.size().rows());
        size.set_width(request.size().columns());
    }
    console_ = std::move(console);
    if (console_.valid()) plan.vm.console = console_.get();
    trace_.step("prepare the container");
    sandbox_ = std::make_unique<sandbox::Sandbox>(
        loop_, std::move(plan), stdio_, trace_,
        sandbox::Sandbox::Events{[] {}, [this] { on_running(); },
                                 [this](const sandbox::SandboxEnd& end) { on_ended(end); }});
    return sandbox_->begin();
}

void Supervisor::on_running() {
    if (const auto noted = parts_.container.set_running(sandbox_->vmm_pid()); !noted)
        log::warning(noted.error().message());
    if (const auto session = starter_->session.lock()) {
        wire::Reply reply;
        reply.mutable_start()->set_running(true);
        session->reply(starter_->number, std::move(reply));
    }
    starter_.reset();
}

void Supervisor::wait(const SessionRef& session, std::uint32_t number,
                      const wire::WaitRequest& request) {
    if (!request.process().empty()) return wait_exec(session, number, request.process());
    waiters_.push_back({session, number, request.steps()});
}

void Supervisor::wait_exec(const SessionRef& session, std::uint32_t number,
                           const std::string& process) {
    if (!sandbox_) return session->fail(number, kNotRunning);
    const std::weak_ptr<Session> waiting = session;
    sandbox_->wait_exec(process, [waiting, number](Result<sandbox::AgentExit> exit) {
        const auto client = waiting.lock();
        if (!client) return;
        if (!exit) return client->fail(number, exit.error().message());
        wire::Reply reply;
        *reply.mutable_wait()->mutable_end() = wire_end(sandbox::end_of(*exit));
        client->reply(number, std::move(reply));
    });
}

void Supervisor::signal(const SessionRef& session, std::uint32_t number, const std::string& process,
                        int signal) {
    if (!sandbox_) return session->fail(number, kNotRunning);
    if (!process.empty()) {
        sandbox_->signal_exec(process, signal);
    } else if (signal == SIGKILL) {
        sandbox_->kill();
    } else {
        sandbox_->signal(signal);
    }
    session->reply(number, {});
}

void Supervisor::stop(const SessionRef& session, std::uint32_t number,
                      const wire::StopRequest& request) {
    if (!sandbox_) return session->fail(number, kNotRunning);
    waiters_.push_back({session, number});
    end_with(static_cast<int>(request.signal()), std::chrono::nanoseconds(request.grace_ns()));
}

void Supervisor::stop() {
    if (!sandbox_) return leave();
    end_with(static_cast<int>(parts_.config->stop_signal()),
             std::chrono::seconds(parts_.config->stop_timeout_seconds()));
}

void Supervisor::end_with(int signal, std::chrono::nanoseconds grace) {
    if (!std::exchange(stopping_, true)) {
        if (const auto noted = parts_.container.set_stopping(); !noted)
            log::warning(noted.error().message());
    }
    // Whoever is in more of a hurry is heard; a longer grace than the one that runs is not.
    if (!stop_timer_.active() || grace == grace.zero())
        stop_timer_ = loop_.after(grace, [this] { sandbox_->kill(); });
    if (sandbox_->running()) {
        sandbox_->signal(signal);
    } else {
        sandbox_->signal(SIGTERM);  // ends the start
    }
}

void Supervisor::resize(const std::string& process, std::uint32_t rows, std::uint32_t columns) {
    if (!sandbox_) return;
    const auto height = static_cast<std::uint16_t>(rows);
    const auto width = static_cast<std::uint16_t>(columns);
    if (process.empty()) {
        sandbox_->resize(height, width);
    } else {
        sandbox_->resize_exec(process, height, width);
    }
}

void Supervisor::exec(const SessionRef& session, std::uint32_t number,
                      const wire::ExecRequest& request) {
    if (!sandbox_) return session->fail(number, kNotRunning);
    const bool streams = !request.detached();
    const sandbox::ExecPlan plan{streams && request.input(), streams,
                                 streams && !request.process().terminal()};
    const std::weak_ptr<Session> waiting = session;
    sandbox_->exec(
        request.process(), plan, [waiting, number](Result<sandbox::ExecStarted> started) {
            const auto client = waiting.lock();
            if (!client) return;
            if (!started) return client->fail(number, started.error().message());
            wire::Reply reply;
            auto& answer = *reply.mutable_exec();
            if (started->failure == sandbox::StartFailure::None) {
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

void Supervisor::write_log(ContainerStdio::Source source, std::span<const std::byte> bytes) {
    parts_.log.append(
        source == ContainerStdio::Source::Output ? logs::Stream::Output : logs::Stream::Error,
        bytes, realtime_ns());
}

void Supervisor::on_ended(const sandbox::SandboxEnd& end) {
    if (end_) return;
    end_ = end;
    stop_timer_.reset();
    stdio_.no_more_streams();
    parts_.log.flush(realtime_ns());
    record_end(end);
    // Whoever hears of the end may start the container again at once.
    ::unlink(parts_.socket.c_str());
    parts_.container.release();
    if (starter_) {
        if (const auto session = starter_->session.lock()) {
            wire::Reply reply;
            *reply.mutable_start()->mutable_end() = wire_end(end);
            session->reply(starter_->number, std::move(reply));
        }
    }
    for (const Owed& owed : waiters_) reply_end(owed);
    leave();
}

void Supervisor::record_end(const sandbox::SandboxEnd& end) {
    state::Container& container = parts_.container;
    const auto done = [&]() -> Result<void> {
        if (parts_.config->auto_remove()) return container.remove();
        if (!end.ran) return container.set_not_started(end.exit_code, end.message);
        return container.set_exited(end.exit_code, end.oom_killed, end.message);
    }();
    if (!done) log::warning(done.error().message());
}

void Supervisor::reply_end(const Owed& owed) {
    const auto session = owed.session.lock();
    if (!session) return;
    wire::Reply reply;
    *reply.mutable_wait()->mutable_end() = wire_end(*end_);
    if (owed.steps) add_steps(trace_, *reply.mutable_wait());
    session->reply(owed.number, std::move(reply));
}

void Supervisor::leave() {
    if (!end_) ::unlink(parts_.socket.c_str());
    loop_.stop();
}

}  // namespace bulkhead::engine
