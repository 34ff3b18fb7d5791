// Supervisor: the container is saved, or goes on from one that was.
#include <utility>

#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/checkpoints/store.h"
#include "host/engine/container_config.h"
#include "host/engine/supervisor.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

namespace wire = supervisor::v1;

using AfterSave = sandbox::Sandbox::AfterSave;

}  // namespace

void Supervisor::checkpoint(const SessionRef& session, std::uint32_t number,
                            const wire::CheckpointRequest& request) {
    if (live() == nullptr || !live()->running())
        return session->fail(number, "the container is not running");
    if (checkpoint_) return session->fail(number, "the container is being saved already");
    auto plan = plan_checkpoint(request);
    if (!plan) return session->fail(number, plan.error().message());
    checkpointer_ = {session, number};
    run_->begin_save();
    checkpoint_ = std::make_unique<CheckpointJob>(
        CheckpointJob::Parts{loop_, *live(), parts_.faults}, *std::move(plan),
        [this, name = request.name(), leave_running = request.leave_running()](
            const Result<void>& made) { on_checkpoint(name, leave_running, made); });
    checkpoint_->begin();
}

Result<CheckpointJob::Plan> Supervisor::plan_checkpoint(
    const wire::CheckpointRequest& request) const {
    const container::v1::Config& config = *parts_.config;
    if (!config.root_directory().empty())
        return Error(
            "the container's files come from a directory of the host, which is not kept: "
            "only containers of images can be saved");
    checkpoints::Entry entry;
    entry.key = TRY(run_->key());
    entry.disks = static_cast<std::uint32_t>(run_->sandbox()->disk_slots());
    entry.container_id = parts_.container.record().id;
    entry.container_name = parts_.container.record().name;
    entry.image = config.image();
    entry.image_id = config.image_id();
    auto made = TRY(checkpoints::Store(parts_.places.checkpoints).begin(request.name()));
    TRY(save_config(made.directory(), config));
    UniqueFd disk;
    if (run_->disk().valid()) disk = TRY(duplicate(run_->disk().get()));
    return CheckpointJob::Plan{std::move(made), std::move(entry), std::move(disk),
                               request.leave_running() ? AfterSave::GoOn : AfterSave::End};
}

void Supervisor::on_checkpoint(const std::string& name, bool leave_running,
                               const Result<void>& made) {
    // It is in the middle of its last call.
    loop_.post(
        [job = std::shared_ptr<CheckpointJob>(std::move(checkpoint_))]() mutable { job.reset(); });
    run_->end_save();
    if (made) parts_.events.emit("checkpoint", {{"checkpoint", name}});
    if (!made || leave_running) return reply_checkpoint(made);
    // It ends next; its policy has no say in that.
    note_stopped();
}

void Supervisor::reply_checkpoint(const Result<void>& made) {
    if (!checkpointer_) return;
    const Owed owed = *std::exchange(checkpointer_, std::nullopt);
    const auto client = owed.session.lock();
    if (!client) return;
    if (!made) return client->fail(owed.number, made.error().message());
    client->reply(owed.number, {});
}

// The machine has ended before it was saved.
void Supervisor::drop_checkpoint() {
    if (!checkpoint_) return;
    checkpoint_.reset();
    reply_checkpoint(Error("the container has ended"));
}

// Its later starts boot.
void Supervisor::forget_origin() {
    if (parts_.config->restore_from().empty()) return;
    parts_.config->clear_restore_from();
    note(save_config(parts_.container.directory(), *parts_.config));
}

}  // namespace bulkhead::engine
