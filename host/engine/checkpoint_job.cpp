#include "host/engine/checkpoint_job.h"

#include <system_error>
#include <utility>

#include "host/sandbox/disk_copy.h"
#include "proto/agent.pb.h"

namespace bulkhead::engine {

CheckpointJob::CheckpointJob(Parts parts, Plan plan, std::function<void(Result<void>)> done)
    : parts_(parts), plan_(std::move(plan)), done_(std::move(done)) {}

CheckpointJob::~CheckpointJob() {
    cancelled_ = true;
    if (copy_.joinable()) copy_.join();
}

void CheckpointJob::begin() {
    reach("checkpoint-begun");
    parts_.sandbox.save(
        plan_.made.state(), plan_.made.memory(), [this] { reach("checkpoint-paused"); },
        [this, alive = std::weak_ptr(alive_)](const Result<void>& saved) {
            if (!alive.expired()) on_saved(saved);
        });
}

void CheckpointJob::on_saved(const Result<void>& saved) {
    if (!saved) return done_(saved);
    reach("checkpoint-saved");
    try {
        copy_ = std::thread([this, alive = std::weak_ptr(alive_)] {
            copy_disk();
            parts_.loop.post([this, alive] {
                if (!alive.expired()) on_copied();
            });
        });
    } catch (const std::system_error& error) {
        parts_.sandbox.finish_save(sandbox::Sandbox::AfterSave::GoOn);
        done_(Error(error.code(), error.what()));
    }
}

void CheckpointJob::copy_disk() {
    Result<void> done;
    if (plan_.disk.valid())
        done = sandbox::copy_disk(plan_.disk.get(), plan_.made.disk().get(), &cancelled_);
    if (done) done = plan_.made.finish(std::move(plan_.entry));
    copied_.emplace(std::move(done));
}

void CheckpointJob::on_copied() {
    copy_.join();
    reach("checkpoint-copied");
    Result<void> done = *std::move(copied_);
    // It went on meanwhile, to be ended: its disk is not as its memory was any more.
    if (done && !parts_.sandbox.saving()) done = Error("the container was ended meanwhile");
    if (done) done = plan_.made.publish();
    if (done) reach("checkpoint-published");
    parts_.sandbox.finish_save(done ? plan_.then : sandbox::Sandbox::AfterSave::GoOn);
    done_(std::move(done));
}

}  // namespace bulkhead::engine
