// Supervisor: a container that stands still while its machine is saved, and goes on: with the host
// that it has, or with another one that adopts it.
#include <array>

#include "base/text.h"
#include "guest-agent/container/first_process.h"
#include "guest-agent/container/supervisor.h"
#include "proto/agent.pb.h"
#include "proto/ports.h"

namespace bulkhead::agent {
namespace {

using Kind = Refusal::Kind;

// For processes that are being started to run.
constexpr std::chrono::seconds kMostLaunch{10};
// For the host to take what processes wrote before they were stopped. What it has not taken then
// stays in their pipes.
constexpr std::chrono::seconds kMostDrain{1};
constexpr std::chrono::milliseconds kPoll{2};

}  // namespace

std::optional<Refusal> Supervisor::refuse_hold() const {
    const auto no = [](const char* why) { return Refusal{Kind::FailedPrecondition, why}; };
    const Process* init = processes_.find(init_id());
    if (init == nullptr || !init->started() || !init->alive() || !cgroup_)
        return no("the container does not run");
    if (holding_ != Holding::No) return no("the container is being saved already");
    if (file_works_.any_alive()) return no("another command works on the container's files");
    return std::nullopt;
}

bool Supervisor::launching() const {
    bool launching = false;
    processes_.for_each([&](const Process& process) {
        launching = launching || (!process.started() && !process.finished());
    });
    return launching;
}

void Supervisor::hold(Reply<Done> reply) {
    if (auto refused = refuse_hold()) return reply(*std::move(refused));
    holding_ = Holding::Begun;
    hold_until_ = std::chrono::steady_clock::now() + kMostLaunch;
    hold_processes(std::move(reply));
}

// One that stood still in the middle of its start would keep the launcher from all else.
void Supervisor::hold_processes(Reply<Done> reply) {
    if (launching()) {
        if (std::chrono::steady_clock::now() >= hold_until_) {
            holding_ = Holding::No;
            return reply(
                Refusal{Kind::FailedPrecondition, "a process of the container is being started"});
        }
        hold_poll_ =
            parts_.loop.after(kPoll, [this, reply = std::move(reply)] { hold_processes(reply); });
        return;
    }
    freezer_.freeze(*cgroup_, [this, reply = std::move(reply)](const Result<void>& frozen) {
        if (!frozen) {
            holding_ = Holding::No;
            return reply(Refusal{Kind::Internal, frozen.error().message()});
        }
        hold_until_ = std::chrono::steady_clock::now() + kMostDrain;
        hold_streams(reply);
    });
}

void Supervisor::hold_streams(Reply<Done> reply) {
    bool waiting = true;
    processes_.for_each([&](const Process& process) { waiting = waiting && process.waiting(); });
    if (!waiting && std::chrono::steady_clock::now() < hold_until_) {
        hold_poll_ =
            parts_.loop.after(kPoll, [this, reply = std::move(reply)] { hold_streams(reply); });
        return;
    }
    processes_.for_each([](Process& process) { process.hold(); });
    holding_ = Holding::Held;
    reply(Done{});
}

void Supervisor::release(const v1::ReleaseRequest& request, Reply<Done> reply) {
    if (holding_ != Holding::Held)
        return reply(Refusal{Kind::FailedPrecondition, "the container was not held"});
    if (!request.has_adoption()) {
        go_on();
        return reply(Done{});
    }
    if (request.generation() != protocol::kGeneration) {
        return reply(Refusal{Kind::FailedPrecondition,
                             concat("the host is of generation ", request.generation(),
                                    ", the agent of ", protocol::kGeneration)});
    }
    adopt(request, std::move(reply));
}

void Supervisor::adopt(const v1::ReleaseRequest& request, Reply<Done> reply) {
    const v1::Adoption& adoption = request.adoption();
    v1::StartRequest machine;
    machine.set_realtime_ns(adoption.realtime_ns());
    machine.set_entropy(adoption.entropy());
    if (auto prepared = parts_.prepare_machine(machine); !prepared)
        return reply(Refusal{Kind::Internal, prepared.error().message()});
    v1::FilesRequest identity;
    *identity.mutable_identity() = adoption.identity();
    auto launch = file_request(identity);
    if (!launch) return reply(Refusal{Kind::Internal, launch.error().message()});
    file_works_.start(
        *std::move(launch), *started_, [] {},
        [this, request, reply = std::move(reply)](Answer<v1::FilesReply> answer) {
            if (auto* refused = std::get_if<Refusal>(&answer)) return reply(std::move(*refused));
            if (auto connected = reconnect(request); !connected)
                return reply(Refusal{Kind::Internal, connected.error().message()});
            go_on();
            reply(Done{});
        });
}

Result<void> Supervisor::reconnect(const v1::ReleaseRequest& request) {
    const v1::StandardStreams& streams = request.adoption().streams();
    auto host = TRY(parts_.dialer.dial(
        std::array{streams.stdin_port(), streams.stdout_port(), streams.stderr_port()}));
    processes_.for_each([](Process& process) {
        if (process.id() != init_id()) process.disown();
    });
    Process* init = processes_.find(init_id());
    if (init == nullptr) return Error("the container's first process is gone");
    init->reconnect({std::move(host.at(0)), std::move(host.at(1)), std::move(host.at(2))});
    started_->set_container_id(request.adoption().container_id());
    if (!request.adoption().identity().hostname().empty())
        started_->mutable_spec()->set_hostname(request.adoption().identity().hostname());
    return {};
}

void Supervisor::go_on() {
    holding_ = Holding::No;
    processes_.for_each([](Process& process) { process.release(); });
    freezer_.thaw(*cgroup_);
}

}  // namespace bulkhead::agent
