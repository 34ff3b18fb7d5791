// Makes one checkpoint of a running container: the machine is saved, its writable disk copied while
// it stands still, both synced, and the whole published.
//
//   begin() --> held, paused, saved --> disk copied (a thread of its own) --> published --> done
//
// Until it is published nothing of it can be found. Thread: loop.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "base/event_loop.h"
#include "base/result.h"
#include "host/checkpoints/new_checkpoint.h"
#include "host/engine/fault_points.h"
#include "host/sandbox/sandbox.h"

namespace bulkhead::engine {

class CheckpointJob {
  public:
    struct Parts {
        EventLoop& loop;
        sandbox::Sandbox& sandbox;
        const FaultPoints& faults;
    };

    struct Plan {
        checkpoints::NewCheckpoint made;
        checkpoints::Entry entry;  // without its sizes
        UniqueFd disk;             // the container's; invalid: it has none
        sandbox::Sandbox::AfterSave then = sandbox::Sandbox::AfterSave::End;
    };

    // `done` is called once, and may not destroy this. After an error the container goes on.
    CheckpointJob(Parts parts, Plan plan, std::function<void(Result<void>)> done);
    CheckpointJob(const CheckpointJob&) = delete;
    CheckpointJob& operator=(const CheckpointJob&) = delete;
    // Ends the copy; `done` is not called after this, and nothing is left of what is not published.
    ~CheckpointJob();

    void begin();

  private:
    void on_saved(const Result<void>& saved);
    void copy_disk();  // thread: the copy's
    void on_copied();

    void reach(const char* point) { parts_.faults.reach(point, &parts_.sandbox); }

    Parts parts_;
    Plan plan_;
    std::function<void(Result<void>)> done_;
    std::optional<Result<void>> copied_;  // by the thread, before it ends
    std::atomic<bool> cancelled_ = false;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
    std::thread copy_;
};

}  // namespace bulkhead::engine
