// Sandbox: its machine's processors stand still, and go on.
#include <utility>

#include "host/sandbox/sandbox.h"
#include "proto/agent.pb.h"

namespace bulkhead::sandbox {

void Sandbox::pause(std::function<void(Result<void>)> answer) {
    if (!running()) return answer(Error("the container does not run"));
    if (saving_) return answer(Error("the container is being saved"));
    stand_still(Where::Anywhere, std::move(answer));
}

void Sandbox::stand_still(Where where, std::function<void(Result<void>)> answer) {
    if (vm_end_) return answer(Error("the container does not run"));
    if (paused_ || pause_answer_) return answer(Error("the container is paused already"));
    auto sent = where == Where::AtStream ? vm_->pause_at_stream() : vm_->pause();
    if (!sent) return answer(std::move(sent));
    pause_answer_ = std::move(answer);
    pause_timer_ = loop_.after(plan_.patience.answer, [this] {
        // Should it stand still after all, nobody would know.
        static_cast<void>(vm_->resume());
        std::exchange(pause_answer_,
                      nullptr)(Error("the monitor did not say that it stands still"));
    });
}

void Sandbox::on_vm_paused() {
    if (paused_) return;
    if (!pause_answer_) {
        // Nobody waits for it any more. At a stream it may come long after the resume() for that.
        static_cast<void>(vm_->resume());
        return;
    }
    pause_timer_.reset();
    paused_ = true;
    guest_timers_.pause();
    std::exchange(pause_answer_, nullptr)({});
}

Result<void> Sandbox::resume() {
    if (!paused()) return Error("the container is not paused");
    TRY(vm_->resume());
    paused_ = false;
    guest_timers_.resume();
    return {};
}

}  // namespace bulkhead::sandbox
