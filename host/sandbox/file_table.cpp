#include "host/sandbox/file_table.h"

#include <algorithm>
#include <utility>

#include "proto/agent.pb.h"

namespace bulkhead::sandbox {

namespace {

// A failure needs no stream.
bool failed(const Result<agent::v1::FilesReply>& answer) {
    return !answer || answer->failure() != agent::v1::FILES_FAILURE_NONE;
}

}  // namespace

struct FileTable::Work {
    std::uint32_t port = 0;  // of the stream that is awaited; 0: none is
    Events events;
    // It came before the stream: the two come over different sockets.
    std::optional<agent::v1::FilesReply> early;
    EventLoop::Handle timer;
};

FileTable::FileTable(AgentClient& agent, GuestTimers& timers) : agent_(agent), timers_(timers) {}

FileTable::~FileTable() = default;

std::uint32_t FileTable::start(agent::v1::FilesRequest request, Events events) {
    const std::uint32_t number = next_work_++;
    Work& work = works_[number];
    work.events = std::move(events);
    const bool streams = !request.has_stat();
    if (streams) {
        work.port = next_port_++;
        request.set_port(work.port);
    }
    const char* const owed = streams ? "the guest's agent did not open the stream of the files"
                                     : "the guest's agent did not say what it found";
    timers_.await_stream(work.timer, [this, number, owed] { finish(number, Error(owed)); });
    agent_.files(request, [this, number](Result<agent::v1::FilesReply> answer) {
        on_answer(number, std::move(answer));
    });
    return number;
}

bool FileTable::accept(std::uint32_t port, UniqueFd stream) {
    const auto found = std::ranges::find_if(works_, [port](const auto& entry) {
        return entry.second.port != 0 && entry.second.port == port;
    });
    if (found == works_.end()) return false;
    const std::uint32_t number = found->first;
    Work& work = found->second;
    work.port = 0;
    work.timer.reset();
    const auto opened = std::move(work.events.opened);
    opened(std::move(stream));
    // What was told may have ended the work.
    const auto again = works_.find(number);
    if (again != works_.end() && again->second.early)
        finish(number, *std::exchange(again->second.early, std::nullopt));
    return true;
}

void FileTable::await_answer(std::uint32_t work) {
    const auto found = works_.find(work);
    if (found == works_.end()) return;
    timers_.await_answer(found->second.timer, [this, work] {
        finish(work, Error("the guest's agent did not say how the work on the files ended"));
    });
}

void FileTable::on_answer(std::uint32_t work, Result<agent::v1::FilesReply> answer) {
    const auto found = works_.find(work);
    if (found == works_.end()) return;  // we gave up, or fail() was quicker
    if (failed(answer) || found->second.port == 0) return finish(work, std::move(answer));
    found->second.early = *std::move(answer);
}

void FileTable::finish(std::uint32_t work, Result<agent::v1::FilesReply> answer) {
    const auto found = works_.find(work);
    if (found == works_.end()) return;
    const auto finished = std::move(found->second.events.finished);
    works_.erase(found);
    finished(std::move(answer));
}

void FileTable::fail(const std::string& why) {
    for (const auto& [number, work] : std::exchange(works_, {})) work.events.finished(Error(why));
}

}  // namespace bulkhead::sandbox
