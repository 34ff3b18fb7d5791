#include "guest-agent/container/file_works.h"

#include <sys/socket.h>

#include <csignal>
#include <optional>
#include <utility>

#include "base/syscalls.h"
#include "guest-agent/launch/status_channel.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

using Kind = Refusal::Kind;

Refusal internal(const Error& error) {
    return {Kind::Internal, error.message()};
}

}  // namespace

struct FileWorks::Work {
    std::optional<StatusChannel> status;  // until its end
    std::function<void()> done;
    Reply<v1::FilesReply> reply;
    std::optional<Answer<v1::FilesReply>> answer;
    pid_t pid = 0;  // 0: not known yet, or reaped
    bool reaped = false;
    EventLoop::Handle watch;
};

FileWorks::FileWorks(EventLoop& loop, Launcher& launcher) : loop_(loop), launcher_(launcher) {}

FileWorks::~FileWorks() = default;

bool FileWorks::any_alive() const {
    return !works_.empty();
}

void FileWorks::start(LaunchRequest request, const v1::StartRequest& start,
                      std::function<void()> done, Reply<v1::FilesReply> reply) {
    if (works_.size() >= kMost) {
        done();
        return reply(Refusal{Kind::FailedPrecondition, "too much work on files at a time"});
    }
    Work& work = works_.emplace_back();
    work.done = std::move(done);
    work.reply = std::move(reply);
    if (auto launched = launch(std::move(request), start, work); !launched) {
        const auto failed = std::move(work);
        works_.pop_back();
        failed.done();
        failed.reply(internal(launched.error()));
    }
}

Result<void> FileWorks::launch(LaunchRequest request, const v1::StartRequest& start, Work& work) {
    auto [ours, theirs] = TRY(make_socketpair(SOCK_SEQPACKET));
    TRY(set_nonblocking(ours.get()));
    request.kind = LaunchRequest::Kind::Files;
    request.status = std::move(theirs);
    TRY(launcher_.launch(request, start));
    work.status.emplace(std::move(ours));
    work.watch =
        loop_.watch(work.status->fd(), EventLoop::Interest::Read, [this, &work] { read(work); });
    return {};
}

void FileWorks::read(Work& work) {
    while (work.status) {
        auto message = work.status->receive();
        if (!message && message.error().is(std::errc::resource_unavailable_try_again)) return;
        if (!message) work.answer = internal(message.error());
        if (!message || !*message) return finish(work);
        handle(**std::move(message), work);
    }
}

void FileWorks::handle(StatusMessage message, Work& work) {
    switch (message.kind) {
        case StatusMessage::Kind::Pid:
            work.pid = message.pid;
            return;
        case StatusMessage::Kind::Result: {
            v1::FilesReply reply;
            if (reply.ParseFromString(message.result)) {
                work.answer = std::move(reply);
            } else {
                work.answer = internal(Error("the work's result is malformed"));
            }
            return;
        }
        case StatusMessage::Kind::Failure:
            work.answer = Refusal{Kind::Internal, std::move(message.failure.message)};
            return;
        case StatusMessage::Kind::Terminal:
        case StatusMessage::Kind::Ready:
        case StatusMessage::Kind::Prepared:
            return;
    }
}

void FileWorks::finish(Work& work) {
    work.watch.reset();
    work.status.reset();
    std::exchange(work.done, nullptr)();
    const auto reply = std::exchange(work.reply, nullptr);
    reply(std::exchange(work.answer, std::nullopt)
              .value_or(Refusal{Kind::Internal, "the work was ended before it was done"}));
    // Who called may go on to look at the list.
    loop_.post([this] { drop_ended(); });
}

void FileWorks::drop_ended() {
    works_.remove_if(
        [](const Work& work) { return !work.status && (work.reaped || work.pid == 0); });
}

void FileWorks::kill_all() {
    // Not reaped yet, so the pid is its own.
    for (const Work& work : works_) {
        if (work.pid != 0 && !work.reaped) ::kill(work.pid, SIGKILL);
    }
}

void FileWorks::reaped(pid_t pid) {
    for (Work& work : works_) {
        // What it said before its end is taken in first.
        if (work.status) read(work);
        if (work.pid == pid) work.reaped = true;
    }
    loop_.post([this] { drop_ended(); });
}

}  // namespace bulkhead::agent
