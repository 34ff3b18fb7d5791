#include "host/sandbox/file_table.h"

#include <utility>

#include "proto/agent.pb.h"

namespace bulkhead::sandbox {

namespace {

// Ports of work whose stream never came are forgotten after so many others.
constexpr std::size_t kMostWaiting = 64;

}  // namespace

void FileTable::start(agent::v1::FilesRequest request, Events events) {
    const std::uint32_t work = next_work_++;
    if (!request.has_stat()) {
        if (waiting_.size() == kMostWaiting) waiting_.erase(waiting_.begin());
        request.set_port(next_port_);
        waiting_.emplace(next_port_++, std::move(events.opened));
    }
    works_.emplace(work, std::move(events.finished));
    agent_.files(request, [this, work](Result<agent::v1::FilesReply> reply) {
        const auto found = works_.find(work);
        if (found == works_.end()) return;  // fail() was quicker
        const auto finished = std::move(found->second);
        works_.erase(found);
        finished(std::move(reply));
    });
}

bool FileTable::accept(std::uint32_t port, UniqueFd stream) {
    const auto found = waiting_.find(port);
    if (found == waiting_.end()) return false;
    const auto opened = std::move(found->second);
    waiting_.erase(found);
    opened(std::move(stream));
    return true;
}

void FileTable::fail(const std::string& why) {
    waiting_.clear();
    for (const auto& [work, finished] : std::exchange(works_, {})) finished(Error(why));
}

}  // namespace bulkhead::sandbox
