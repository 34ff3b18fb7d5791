// Sandbox: its container is prepared, the machine saved, and then the container started.
//
//   agent calls --> prepared --> we hang up, it dials again --> paused there --> written --> the
//   machine goes on, and the call comes through --> started
//
// Whatever fails once it is prepared fails the save only.
#include <utility>

#include "host/sandbox/sandbox.h"
#include "proto/agent.pb.h"

namespace bulkhead::sandbox {

void Sandbox::prepare_container() {
    agent::v1::StartRequest& request = *plan_.prepare->request;
    request.set_generation(plan_.start->generation());
    request.set_realtime_ns(plan_.start->realtime_ns());
    request.set_entropy(plan_.start->entropy());
    agent_->prepare(request,
                    [this](Result<AgentStarted> answer) { on_prepared(std::move(answer)); });
    trace_.step("send the container");
}

void Sandbox::on_prepared(Result<AgentStarted> answer) {
    if (stage_ != Stage::Starting) return;
    // It would have failed to start, and for the same reason.
    if (!answer || answer->failure != StartFailure::None) {
        plan_.prepare.reset();
        return on_process_started(std::move(answer));
    }
    trace_.step("agent prepares the container");
    plan_.start->set_prepared(true);
    saving_ = Saving{std::move(plan_.prepare->state), std::move(plan_.prepare->memory), [] {},
                     [this](const Result<void>& saved) { on_prepared_saved(saved); },
                     /*held=*/true};
    ++saves_;
    stand_still(Where::AtStream, [this, save = saves_](const Result<void>& paused) {
        on_paused_to_save(save, paused);
    });
    // The agent dials again, here and wherever the machine is restored.
    stage_ = Stage::Booting;
    loop_.post([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) hang_up();
    });
}

// Not in the middle of the agent's answer.
void Sandbox::hang_up() {
    files_.reset();
    execs_.reset();
    agent_.reset();
}

void Sandbox::on_prepared_saved(const Result<void>& saved) {
    const PreparedSave prepared = *std::exchange(plan_.prepare, std::nullopt);
    prepared.saved(saved);
    if (saved) wrote_ = prepared.wrote;
    finish_save(AfterSave::GoOn);
    trace_.step("save the machine");
    // What it took is not part of the start.
    if (!vm_end_) timer_ = loop_.after(plan_.start_timeout, [this] { on_timeout(); });
}

// What a start writes it has written by then, or when its process has ended.
void Sandbox::watch_writes() {
    constexpr std::chrono::seconds kSoon{1};
    if (wrote_) writes_timer_ = loop_.after(kSoon, [this] { ask_writes(); });
}

void Sandbox::ask_writes() {
    if (!wrote_ || awaiting_writes_) return;
    if (const auto asked = vm_->take_writes(); !asked) return tell_writes({});
    awaiting_writes_ = true;
    writes_timer_ = loop_.after(plan_.patience.answer, [this] { on_vm_writes({}); });
}

void Sandbox::on_vm_writes(const VmWrites& writes) {
    if (!awaiting_writes_) return;
    const auto runs = runs_from_pairs(writes.pages, memory_bytes_ / kPageBytes);
    tell_writes(runs ? *runs : std::vector<PageRun>());
    if (stage_ == Stage::Stopping) conclude_when_done();
}

void Sandbox::tell_writes(const std::vector<PageRun>& runs) {
    awaiting_writes_ = false;
    writes_timer_.reset();
    if (wrote_) std::exchange(wrote_, nullptr)(runs);
}

}  // namespace bulkhead::sandbox
