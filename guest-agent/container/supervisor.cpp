#include "guest-agent/container/supervisor.h"

#include <sys/socket.h>

#include <utility>

#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "guest-agent/container/first_process.h"
#include "guest-agent/container/pidfd.h"
#include "guest-agent/launch/terminal.h"
#include "guest-agent/spec/validate.h"
#include "proto/agent.pb.h"
#include "proto/ports.h"

namespace bulkhead::agent {
namespace {

using Kind = Refusal::Kind;

LaunchResult failed(const Error& error) {
    return {.failure = LaunchFailure::other(error), .pid = 0};
}

}  // namespace

Supervisor::~Supervisor() = default;

std::optional<Refusal> Supervisor::refuse_host(const v1::StartRequest& request) {
    if (request.generation() >= protocol::kOldestGeneration &&
        request.generation() <= protocol::kGeneration)
        return std::nullopt;
    return Refusal{
        Kind::FailedPrecondition,
        concat("the host is of generation ", request.generation(), ", the agent of ",
               protocol::kGeneration, " (oldest supported: ", protocol::kOldestGeneration, ")")};
}

std::optional<Refusal> Supervisor::refuse_start(const v1::StartRequest& request) const {
    if (auto refused = refuse_host(request)) return refused;
    if (started_) return Refusal{Kind::FailedPrecondition, "the container was started already"};
    if (auto valid = validate(request); !valid) {
        return Refusal{Kind::InvalidArgument, valid.error().message()};
    }
    return std::nullopt;
}

void Supervisor::start(const v1::StartRequest& request, const Reply<LaunchResult>& reply) {
    if (rest_) return start_prepared(request, reply);
    if (auto refused = refuse_start(request)) return reply(*std::move(refused));
    auto done = set_up(request);
    if (done && request.maintenance()) return reply(LaunchResult{});
    if (done) done = launch_first(request, reply);
    if (!done) reply(failed(done.error()));
}

Result<void> Supervisor::set_up(const v1::StartRequest& request) {
    started_ = std::make_unique<v1::StartRequest>();
    *started_->mutable_spec() = request.spec();
    started_->set_init(request.init());
    started_->set_container_id(request.container_id());
    // Their contents are needed once only.
    for (const auto& file : request.files()) started_->add_files()->set_path(file.path());
    // An image without a place for changes is a read-only root.
    if (request.root().upper_case() == v1::RootFilesystem::UPPER_NOT_SET) {
        started_->mutable_spec()->set_root_readonly(true);
    }
    TRY(parts_.prepare_machine(request));
    parts_.timeline.mark("machine prepared");
    root_ = TRY_CONTEXT(parts_.root.mount(request.root()), "root file system");
    parts_.timeline.mark("root mounted");
    if (request.maintenance()) return {};
    return make_cgroup().context("cgroup");
}

Result<void> Supervisor::launch_first(const v1::StartRequest& request,
                                      const Reply<LaunchResult>& reply) {
    v1::StartRequest start = *started_;
    *start.mutable_files() = request.files();
    LaunchRequest launch_request;
    launch_request.root = root_;
    return launch(init_id(), std::move(launch_request), start, ports_of(request.streams()), reply);
}

Result<void> Supervisor::make_cgroup() {
    if (parts_.cgroup_parent.empty()) return {};
    cgroup_ = TRY(Cgroup::create(parts_.cgroup_parent + "/container"));
    return cgroup_->apply(TRY(cgroup_settings(started_->spec().linux().resources())));
}

Result<void> Supervisor::launch(const std::string& id, LaunchRequest request,
                                const v1::StartRequest& start,
                                const std::array<std::uint32_t, 3>& ports,
                                const Reply<LaunchResult>& reply) {
    auto host = TRY(parts_.dialer.dial(ports));
    if (id == init_id()) parts_.timeline.mark("streams connected");
    auto process = std::make_unique<Process>(
        parts_.loop, id,
        ProcessStreams::HostStreams{std::move(host.at(0)), std::move(host.at(1)),
                                    std::move(host.at(2))});
    if (!start.spec().process().terminal()) request.streams = TRY(process->make_pipes());
    if (request.input.valid()) request.streams[0] = std::move(request.input);
    return follow(std::move(process), std::move(request), start, reply);
}

Result<void> Supervisor::follow(std::unique_ptr<Process> process, LaunchRequest request,
                                const v1::StartRequest& start, const Reply<LaunchResult>& reply,
                                std::function<void()> prepared) {
    if (cgroup_) {
        request.cgroup = TRY(duplicate(cgroup_->fd()));
        request.cgroup_path = cgroup_->path();
    }
    auto [ours, theirs] = TRY(make_socketpair(SOCK_SEQPACKET));
    request.status = std::move(theirs);
    TRY(parts_.launcher.launch(request, start));
    Process& added = processes_.add(std::move(process));
    added.follow(
        std::move(ours),
        [this, id = added.id(), reply](auto failure) { launched(id, std::move(failure), reply); },
        std::move(prepared));
    return {};
}

void Supervisor::launched(const std::string& id, std::optional<LaunchFailure> failure,
                          const Reply<LaunchResult>& reply) {
    if (id == init_id()) parts_.timeline.mark("program started");
    if (!failure) {
        const LaunchResult result{.failure = std::nullopt, .pid = processes_.find(id)->pid()};
        if (id != init_id()) return reply(result);
        return after_start([reply, result] { reply(result); });
    }
    // It is this process's callback: it cannot be destroyed here.
    parts_.loop.post([this, id] { processes_.remove(id); });
    reply(LaunchResult{.failure = std::move(failure), .pid = 0});
}

void Supervisor::exec(const v1::ExecRequest& request, const Reply<LaunchResult>& reply) {
    if (auto valid = validate(request); !valid) {
        return reply(Refusal{Kind::InvalidArgument, valid.error().message()});
    }
    const Process* init = processes_.find(init_id());
    if (init == nullptr || !init->started() || !init->alive()) {
        return reply(Refusal{Kind::FailedPrecondition, "the container does not run"});
    }
    if (holding_ != Holding::No)
        return reply(Refusal{Kind::FailedPrecondition, "the container is being saved"});
    if (processes_.find(request.id()) != nullptr) {
        return reply(
            Refusal{Kind::AlreadyExists, concat("process \"", request.id(), "\" exists already")});
    }
    v1::StartRequest start = *started_;
    *start.mutable_spec()->mutable_process() = request.process();
    auto container = first_process();
    if (!container) return reply(failed(container.error()));
    LaunchRequest launch_request;
    launch_request.kind = LaunchRequest::Kind::Exec;
    launch_request.container = *std::move(container);
    auto done =
        launch(request.id(), std::move(launch_request), start, ports_of(request.streams()), reply);
    if (!done) reply(failed(done.error()));
}

Result<UniqueFd> Supervisor::first_process() const {
    const Process* init = processes_.find(init_id());
    if (init == nullptr || !init->alive()) return Error("the container does not run");
    return open_pidfd(init->pid());
}

void Supervisor::wait(const std::string& id, Reply<WaitResult> reply) {
    Process* process = processes_.find(id);
    if (process == nullptr || !process->started()) {
        return reply(Refusal{Kind::NotFound, concat("there is no process \"", id, "\"")});
    }
    process->when_finished([this, first = id == init_id(), reply = std::move(reply)](auto status) {
        const WaitResult result{.status = status, .oom_killed = cgroup_ && cgroup_->oom_killed()};
        if (!first) return reply(result);
        after_end([reply, result] { reply(result); });
    });
}

Answer<Done> Supervisor::resize(const std::string& id, const oci::v1::ConsoleSize& size) {
    const Process* process = processes_.find(id);
    if (process == nullptr)
        return Refusal{Kind::NotFound, concat("there is no process \"", id, "\"")};
    if (process->terminal() < 0) {
        return Refusal{Kind::FailedPrecondition, concat("process \"", id, "\" has no terminal")};
    }
    if (auto done = resize_terminal(process->terminal(), size); !done) {
        return Refusal{Kind::Internal, done.error().message()};
    }
    return Done{};
}

Answer<Done> Supervisor::update(const oci::v1::Resources& resources) {
    if (!cgroup_) return Refusal{Kind::FailedPrecondition, "the container was not started"};
    const auto settings = cgroup_settings(resources);
    if (!settings) return Refusal{Kind::InvalidArgument, settings.error().message()};
    if (auto done = cgroup_->apply(*settings); !done)
        return Refusal{Kind::Internal, done.error().message()};
    // Further processes are held to the same.
    started_->mutable_spec()->mutable_linux()->mutable_resources()->MergeFrom(resources);
    return Done{};
}

void Supervisor::before_reaping() {
    processes_.for_each([](Process& process) { process.catch_up(); });
}

void Supervisor::reaped(pid_t pid, ExitStatus status) {
    if (pid == parts_.launcher.pid())
        log::error("the launcher has ended: no process can be started any more");
    file_works_.reaped(pid);
    if (Process* process = processes_.find(pid)) process->ended(status);
}

}  // namespace bulkhead::agent
