// Supervisor: work on the container's files, and what the container uses.
#include "base/log.h"
#include "base/syscalls.h"
#include "guest-agent/container/pidfd.h"
#include "guest-agent/container/supervisor.h"
#include "guest-agent/usage/processes.h"
#include "guest-agent/usage/statistics.h"
#include "proto/agent.pb.h"
#include "proto/ports.h"

namespace bulkhead::agent {
namespace {

using Kind = Refusal::Kind;

constexpr std::size_t kMaxPath = 16 * 1024;

bool reasonable(const v1::FilesRequest& request) {
    const auto fits = [](const std::string& path) {
        return path.size() <= kMaxPath && path.find('\0') == std::string::npos;
    };
    return request.work_case() != v1::FilesRequest::WORK_NOT_SET && !request.has_identity() &&
           fits(request.stat().path()) && fits(request.archive().path()) &&
           fits(request.archive().name()) && fits(request.extract().path());
}

}  // namespace

void Supervisor::files(const v1::FilesRequest& request, Reply<v1::FilesReply> reply) {
    if (!reasonable(request))
        return reply(Refusal{Kind::InvalidArgument, "malformed work on files"});
    if (root_.empty())
        return reply(Refusal{Kind::FailedPrecondition, "the root file system is not there"});
    if (holding_ != Holding::No)
        return reply(Refusal{Kind::FailedPrecondition, "the container is being saved"});
    auto launch = file_request(request);
    if (!launch) return reply(Refusal{Kind::Internal, launch.error().message()});
    if (!request.freeze() || !cgroup_)
        return work_on_files(*std::move(launch), /*frozen=*/false, std::move(reply));
    // A std::function has to be copyable, and descriptors are not.
    const auto shared = std::make_shared<LaunchRequest>(*std::move(launch));
    freezer_.freeze(*cgroup_, [this, shared, reply = std::move(reply)](const Result<void>& frozen) {
        if (!frozen) return reply(Refusal{Kind::Internal, frozen.error().message()});
        work_on_files(std::move(*shared), /*frozen=*/true, reply);
    });
}

void Supervisor::work_on_files(LaunchRequest launch, bool frozen, Reply<v1::FilesReply> reply) {
    file_works_.start(
        std::move(launch), *started_,
        [this, frozen] {
            if (frozen) freezer_.thaw(*cgroup_);
        },
        std::move(reply));
}

Result<LaunchRequest> Supervisor::file_request(const v1::FilesRequest& request) {
    LaunchRequest launch;
    launch.root = root_;
    launch.files = request.SerializeAsString();
    const std::uint32_t port = request.port();
    if (port != 0) launch.streams[0] = std::move(TRY(parts_.dialer.dial({&port, 1})).at(0));
    const Process* init = processes_.find(std::string(protocol::kInitProcess));
    if (init != nullptr && init->started() && init->alive())
        launch.container = TRY(open_pidfd(init->pid()));
    return launch;
}

Answer<v1::StatisticsReply> Supervisor::statistics() const {
    if (!cgroup_) return Refusal{Kind::FailedPrecondition, "the container does not run"};
    return read_statistics(cgroup_->path());
}

Answer<v1::ProcessesReply> Supervisor::list_processes() const {
    if (!cgroup_) return Refusal{Kind::FailedPrecondition, "the container does not run"};
    auto found = read_processes(cgroup_->path());
    if (!found) return Refusal{Kind::Internal, found.error().message()};
    return *std::move(found);
}

}  // namespace bulkhead::agent
