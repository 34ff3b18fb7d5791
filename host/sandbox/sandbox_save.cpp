// Sandbox: its machine is saved with the container in it.
//
//   Running --save()--> agent holds the container --> machine paused --> written --finish_save()-->
//
// Whatever fails before it is written undoes what was done, in the reverse order.
#include <csignal>
#include <utility>

#include "base/syscalls.h"
#include "host/sandbox/sandbox.h"
#include "proto/agent.pb.h"
#include "proto/ports.h"

namespace bulkhead::sandbox {

namespace {

// As for a guest that is shut down: its disk gets everything.
constexpr std::chrono::seconds kEndGrace{20};
// The slowest disk that a machine is written to, in bytes for a second.
constexpr std::uint64_t kSlowestDisk = std::uint64_t{1} << 20U;

}  // namespace

void Sandbox::save(const UniqueFd& state, const UniqueFd& memory, std::function<void()> paused,
                   std::function<void(Result<void>)> answer) {
    if (!running() || vm_end_) return answer(Error("the container is not running"));
    if (saving_) return answer(Error("the container is being saved already"));
    if (paused_ || pause_answer_) return answer(Error("the container is paused: unpause it first"));
    auto state_copy = duplicate(state.get());
    auto memory_copy = duplicate(memory.get());
    if (!state_copy || !memory_copy) return answer(Error("no descriptor is left"));
    saving_ = Saving{*std::move(state_copy), *std::move(memory_copy), std::move(paused),
                     std::move(answer)};
    ++saves_;
    guest_timers_.await_answer(save_timer_, [this] {
        fail_save("the guest's agent did not say that the container stands still");
    });
    agent_->hold([this, save = saves_](const Result<void>& held) { on_held(save, held); });
}

void Sandbox::on_held(std::uint64_t save, const Result<void>& held) {
    if (!saving_ || save != saves_) {
        // Nobody waits for it any more.
        if (held && running()) agent_->release({}, [](const Result<void>&) {});
        return;
    }
    save_timer_.reset();
    if (!held) return fail_save(held.error().message());
    saving_->held = true;
    stand_still(Where::Anywhere,
                [this, save](const Result<void>& paused) { on_paused_to_save(save, paused); });
}

void Sandbox::on_paused_to_save(std::uint64_t save, const Result<void>& paused) {
    if (!saving_ || save != saves_) return;
    if (!paused) return fail_save(paused.error().message());
    saving_->paused();
    if (auto asked = vm_->save(saving_->state, saving_->memory); !asked)
        return fail_save(asked.error().message());
    const std::chrono::seconds writing(static_cast<std::int64_t>(memory_bytes_ / kSlowestDisk));
    save_timer_ = loop_.after(plan_.patience.answer + writing, [this] {
        fail_save("the monitor did not say that the machine is saved");
    });
}

void Sandbox::on_vm_saved(const VmSaved& saved) {
    if (!saving_ || !saving_->answer || !saving_->held) return;
    save_timer_.reset();
    if (!saved.error.empty()) return fail_save("saving the machine: " + saved.error);
    std::exchange(saving_->answer, nullptr)({});
}

void Sandbox::fail_save(const std::string& why) {
    if (!saving_) return;
    save_timer_.reset();
    const Saving saving = *std::exchange(saving_, std::nullopt);
    go_on(saving.held);
    if (saving.answer) saving.answer(Error(why));
}

void Sandbox::go_on(bool held) {
    if (vm_end_) return;
    if (paused_) static_cast<void>(resume());
    if (held && running()) agent_->release({}, [](const Result<void>&) {});
}

void Sandbox::finish_save(AfterSave then) {
    if (!saving_) return;
    const bool held = std::exchange(saving_, std::nullopt)->held;
    if (vm_end_) return;
    if (then == AfterSave::GoOn) return go_on(held);
    if (paused_ && !resume()) return destroy();
    timer_ = loop_.after(kEndGrace, [this] { destroy(); });
    agent_->signal(std::string(protocol::kInitProcess), SIGKILL, [](const Result<void>&) {});
}

}  // namespace bulkhead::sandbox
