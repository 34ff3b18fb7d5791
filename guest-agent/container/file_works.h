// Work on the container's files that is under way: for each a process that the launcher made, which
// tells what came of it on its status channel. Thread: loop.
#pragma once

#include <sys/types.h>

#include <functional>
#include <list>

#include "base/event_loop.h"
#include "guest-agent/container/answer.h"
#include "guest-agent/launch/launcher.h"

namespace bulkhead::agent::v1 {
class FilesReply;
}

namespace bulkhead::agent {

struct StatusMessage;

class FileWorks {
  public:
    // As many processes at a time; each has a few buffers.
    static constexpr std::size_t kMost = 16;

    FileWorks(EventLoop& loop, Launcher& launcher);

    FileWorks(const FileWorks&) = delete;
    FileWorks& operator=(const FileWorks&) = delete;
    ~FileWorks();

    // `done` runs when the process is about to end, before the reply is given.
    void start(LaunchRequest request, const v1::StartRequest& start, std::function<void()> done,
               Reply<v1::FilesReply> reply);

    // The disks are about to go.
    void kill_all();

    void reaped(pid_t pid);

    [[nodiscard]] bool any_alive() const;

  private:
    struct Work;

    Result<void> launch(LaunchRequest request, const v1::StartRequest& start, Work& work);
    void read(Work& work);
    void handle(StatusMessage message, Work& work);
    void finish(Work& work);
    void drop_ended();

    EventLoop& loop_;
    Launcher& launcher_;
    std::list<Work> works_;
};

}  // namespace bulkhead::agent
