// Supervisor: a container that is prepared, and started later, perhaps in other machines that were
// restored from this one.
//
//   prepare() --the first process waits--> prepared --start()--> as any other
//
// What makes one container of an image different from another comes with the start.
#include <utility>

#include "base/syscalls.h"
#include "guest-agent/container/first_process.h"
#include "guest-agent/container/namespaces.h"
#include "guest-agent/container/supervisor.h"
#include "guest-agent/spec/validate.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

using Kind = Refusal::Kind;

bool has_hooks(const oci::v1::Hooks& hooks) {
    return hooks.create_container_size() + hooks.start_container_size() + hooks.poststart_size() +
               hooks.poststop_size() !=
           0;
}

// Which streams there are.
std::array<bool, 3> streams_of(const v1::StartRequest& request) {
    const auto ports = ports_of(request.streams());
    return {ports[0] != 0, ports[1] != 0, ports[2] != 0};
}

// What was prepared, with what only the start says.
v1::StartRequest completed(const v1::StartRequest& prepared, const v1::StartRequest& request) {
    v1::StartRequest start = prepared;
    start.set_container_id(request.container_id());
    start.mutable_spec()->set_hostname(request.spec().hostname());
    const oci::v1::Process& was = prepared.spec().process();
    oci::v1::Process& process = *start.mutable_spec()->mutable_process();
    process = request.spec().process();
    process.set_terminal(was.terminal());
    process.set_cwd(was.cwd());
    process.set_oom_score_adj(was.oom_score_adj());
    return start;
}

}  // namespace

void Supervisor::prepare(const v1::StartRequest& request, const Reply<LaunchResult>& reply) {
    if (auto refused = refuse_start(request)) return reply(*std::move(refused));
    if (request.maintenance() || has_hooks(request.spec().hooks()))
        return reply(Refusal{Kind::InvalidArgument, "a container that cannot be prepared"});
    auto done = set_up(request);
    first_reply_ = reply;
    if (done) done = launch_prepared(request);
    if (!done) answer_first(LaunchResult{.failure = LaunchFailure::other(done.error()), .pid = 0});
}

Result<void> Supervisor::launch_prepared(const v1::StartRequest& request) {
    v1::StartRequest start = *started_;
    *start.mutable_files() = request.files();
    auto channels = TRY(PacketChannel::create_pair());
    LaunchRequest launch;
    launch.root = root_;
    launch.rest = TRY(duplicate(channels.second.fd()));
    auto process = std::make_unique<Process>(parts_.loop, init_id(), ProcessStreams::HostStreams());
    if (!start.spec().process().terminal()) {
        launch.streams = TRY(process->make_pipes(streams_of(request)));
    }
    TRY(follow(
        std::move(process), std::move(launch), start,
        [this](const Answer<LaunchResult>& answer) {
            rest_.reset();  // it has ended, if it was not started
            answer_first(answer);
        },
        [this] {
            namespaces_ = hold_namespaces(processes_.find(init_id())->pid());
            parts_.timeline.mark("container prepared");
            answer_first(LaunchResult{});
        }));
    rest_ = std::move(channels.first);
    *started_->mutable_streams() = request.streams();  // which there are
    return {};
}

void Supervisor::answer_first(const Answer<LaunchResult>& answer) {
    if (first_reply_) std::exchange(first_reply_, nullptr)(answer);
}

std::optional<Refusal> Supervisor::refuse_prepared(const v1::StartRequest& request) const {
    const auto no = [](std::string why) {
        return Refusal{Kind::FailedPrecondition, std::move(why)};
    };
    if (!request.prepared()) return no("the container was prepared already");
    if (first_reply_) return no("the container is being prepared or started");
    if (auto refused = refuse_host(request)) return refused;
    if (request.files_size() != started_->files_size())
        return no("the container was prepared with other files");
    for (int i = 0; i < request.files_size(); ++i) {
        if (request.files(i).path() != started_->files(i).path())
            return no("the container was prepared with other files");
    }
    if (streams_of(request) != streams_of(*started_))
        return no("the container was prepared with other streams");
    if (auto valid = validate(request); !valid)
        return Refusal{Kind::InvalidArgument, valid.error().message()};
    return std::nullopt;
}

void Supervisor::start_prepared(const v1::StartRequest& request, const Reply<LaunchResult>& reply) {
    if (auto refused = refuse_prepared(request)) return reply(*std::move(refused));
    first_reply_ = reply;
    if (auto sent = send_rest_of(request); !sent)
        answer_first(LaunchResult{.failure = LaunchFailure::other(sent.error()), .pid = 0});
}

Result<void> Supervisor::send_rest_of(const v1::StartRequest& request) {
    TRY(parts_.prepare_machine(request));
    parts_.timeline.mark("machine prepared");
    Process* first = processes_.find(init_id());
    if (first == nullptr) return Error("the prepared container has ended");
    *started_ = completed(*started_, request);
    v1::StartRequest start = *started_;
    *start.mutable_files() = request.files();
    auto host = TRY(parts_.dialer.dial(ports_of(request.streams())));
    parts_.timeline.mark("streams connected");
    first->connect({std::move(host.at(0)), std::move(host.at(1)), std::move(host.at(2))});
    PacketChannel rest = *std::exchange(rest_, std::nullopt);
    return send_rest(rest, start);
}

}  // namespace bulkhead::agent
