#include "guest-agent/container/process.h"

#include <utility>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::agent {

Process::Process(EventLoop& loop, std::string id, ProcessStreams::HostStreams host_streams)
    : loop_(loop), id_(std::move(id)), streams_(loop, std::move(host_streams)) {}

void Process::follow(UniqueFd status, Launched launched, std::function<void()> prepared) {
    launched_ = std::move(launched);
    prepared_ = std::move(prepared);
    status_.emplace(std::move(status));
    if (auto set = set_nonblocking(status_->fd()); !set) {
        return tell(LaunchFailure::other(set.error()));
    }
    watch_ = loop_.watch(status_->fd(), EventLoop::Interest::Read, [this] { catch_up(); });
}

void Process::catch_up() {
    while (status_ && take_message()) {
    }
}

bool Process::take_message() {
    auto message = status_->receive();
    if (!message && message.error().is(std::errc::resource_unavailable_try_again)) return false;
    if (!message) failure_ = LaunchFailure::other(message.error());
    if (!message || !*message) {
        end_of_status();
        return false;
    }
    handle(**std::move(message));
    return true;
}

void Process::handle(StatusMessage message) {
    switch (message.kind) {
        case StatusMessage::Kind::Pid:
            pid_ = message.pid;
            return;
        case StatusMessage::Kind::Terminal:
            if (auto used = streams_.use_terminal(std::move(message.terminal)); !used) {
                failure_ = LaunchFailure::other(used.error());
            }
            return;
        case StatusMessage::Kind::Prepared:
            if (prepared_) prepared_();
            return;
        case StatusMessage::Kind::Ready:
            ready_ = true;
            return;
        case StatusMessage::Kind::Failure:
            failure_ = std::move(message.failure);
            return;
        case StatusMessage::Kind::Result:
            return;
    }
}

void Process::end_of_status() {
    watch_.reset();
    status_.reset();
    if (failure_) return tell(std::move(failure_));
    if (!ready_) {
        return tell(
            LaunchFailure{FailureClass::Other, "the process was ended before its program started"});
    }
    streams_.start();
    if (exit_) drain();
    tell(std::nullopt);
}

void Process::tell(std::optional<LaunchFailure> failure) {
    if (launched_) std::exchange(launched_, nullptr)(std::move(failure));
}

void Process::when_finished(std::function<void(ExitStatus)> on_finished) {
    if (finished_) return on_finished(*exit_);
    waiting_.push_back(std::move(on_finished));
}

void Process::ended(ExitStatus status) {
    exit_ = status;
    if (!status_) drain();
}

void Process::disown() {
    id_ = concat("disowned ", pid_);
    streams_.disconnect();
}

void Process::drain() {
    streams_.finish([this] {
        finished_ = true;
        for (const auto& each : std::exchange(waiting_, {})) each(*exit_);
    });
}

}  // namespace bulkhead::agent
