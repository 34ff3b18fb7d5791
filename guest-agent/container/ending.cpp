// Supervisor: signals and the end of everything.
#include <algorithm>
#include <csignal>

#include "base/log.h"
#include "base/text.h"
#include "guest-agent/container/supervisor.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

using Kind = Refusal::Kind;

std::optional<Refusal> refuse_signal(std::uint32_t signal) {
    if (signal >= 1 && signal < NSIG) return std::nullopt;
    return Refusal{Kind::InvalidArgument, concat("there is no signal ", signal)};
}

}  // namespace

Answer<Done> Supervisor::signal(const std::string& id, std::uint32_t signal) {
    if (auto refused = refuse_signal(signal)) return *std::move(refused);
    const Process* process = processes_.find(id);
    if (process == nullptr || !process->started()) {
        return Refusal{Kind::NotFound, concat("there is no process \"", id, "\"")};
    }
    if (!process->alive()) {
        return Refusal{Kind::FailedPrecondition, concat("process \"", id, "\" has ended")};
    }
    // Not reaped yet, so the pid is still its own.
    if (::kill(process->pid(), static_cast<int>(signal)) != 0) {
        return Refusal{Kind::Internal, errno_error("kill").message()};
    }
    return Done{};
}

Answer<Done> Supervisor::signal_all(std::uint32_t signal) {
    if (auto refused = refuse_signal(signal)) return *std::move(refused);
    signal_everything(static_cast<int>(signal));
    return Done{};
}

void Supervisor::signal_everything(int signal) {
    if (cgroup_) {
        if (auto sent = cgroup_->signal_all(signal); !sent) log::warning(sent.error().message());
        return;
    }
    processes_.for_each([&](const Process& process) {
        if (process.alive()) ::kill(process.pid(), signal);
    });
}

void Supervisor::shutdown(Reply<Done> reply) {
    shutdown_replies_.push_back(std::move(reply));
    if (shutdown_replies_.size() > 1) return;
    signal_everything(SIGTERM);
    hold_poll_.reset();
    freezer_.give_up();
    file_works_.kill_all();
    shutdown_began_ = std::chrono::steady_clock::now();
    check_ended();
}

void Supervisor::check_ended() {
    const auto waited = std::chrono::steady_clock::now() - shutdown_began_;
    const bool ended =
        !processes_.any_alive() && !file_works_.any_alive() && !(cgroup_ && cgroup_->populated());
    if (ended || waited > kGiveUp) return finish_shutdown();
    if (waited > kGrace) {
        signal_everything(SIGKILL);
        file_works_.kill_all();
    }
    end_poll_ = parts_.loop.after(kEndPoll, [this] { check_ended(); });
}

void Supervisor::finish_shutdown() {
    Answer<Done> answer = Done{};
    namespaces_.clear();
    if (!root_.empty()) {
        if (auto done = parts_.root.unmount(); !done) {
            log::warning(done.error().message());
            answer = Refusal{Kind::Internal, done.error().message()};
        }
        root_.clear();
    }
    for (const auto& reply : std::exchange(shutdown_replies_, {})) reply(answer);
}

}  // namespace bulkhead::agent
