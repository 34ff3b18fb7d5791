#include "vmm/machine/machine.h"

#include <utility>

#include "vmm/machine/snapshot.h"

namespace bulkhead::machine {

Machine::Machine(EventLoop& loop, std::unique_ptr<MachineParts> parts, OnEnd on_end,
                 lockdown::EnterRole enter_role)
    : loop_(loop),
      on_end_(std::move(on_end)),
      enter_role_(std::move(enter_role)),
      parts_(std::move(parts)) {
    parts_->legacy->set_reset_handler(
        [this] { loop_.post([this] { stop(EndReason::GuestReset, ""); }); });
}

Machine::~Machine() = default;

void Machine::start() {
    if (state_ != State::Built) return;
    state_ = State::Running;
    auto started = start_vcpus();
    if (enter_role_) enter_role_(lockdown::Role::Loop);  // no thread is made after this
    if (!started) stop(EndReason::InternalError, started.error().message());
}

Result<void> Machine::start_vcpus() {
    std::function<void()> on_start;
    if (enter_role_) on_start = [this] { enter_role_(lockdown::Role::Vcpu); };
    for (unsigned index = 0; index < parts_->vcpus.size(); ++index) {
        threads_.push_back(TRY(kvm::VcpuThread::start({
            .index = index,
            .cpu = *parts_->vcpus[index],
            .io = parts_->io,
            .on_end =
                [this](kvm::VcpuEnd end) {
                    loop_.post([this, end = std::move(end)] { vcpu_ended(end); });
                },
            .on_start = on_start,
        })));
        ++running_vcpus_;
    }
    return {};
}

void Machine::pause(std::function<void()> on_paused) {
    if (state_ != State::Running || on_paused_) return;
    on_paused_ = std::move(on_paused);
    parked_vcpus_ = 0;
    ++pauses_;
    for (const auto& thread : threads_) {
        thread->request_pause(
            [this, number = pauses_] { loop_.post([this, number] { vcpu_parked(number); }); });
    }
}

void Machine::vcpu_parked(std::uint64_t pause) {
    if (state_ != State::Running || !on_paused_ || pause != pauses_) return;
    if (++parked_vcpus_ < threads_.size()) return;
    const auto on_paused = on_paused_;  // it may resume, and pause again
    on_paused();
}

void Machine::resume() {
    if (state_ != State::Running || !on_paused_) return;
    on_paused_ = nullptr;
    fail_save("the machine was told to go on");
    if (std::exchange(held_, false)) {
        for (const auto& slot : parts_->slots) slot->release();
    }
    for (const auto& thread : threads_) thread->resume();
    if (parts_->vsock != nullptr) parts_->vsock->go_on();
}

void Machine::save(SnapshotFiles files, memory::Swap swap,
                   std::function<void(Result<void>)> on_saved) {
    const bool stands_still =
        state_ == State::Running && on_paused_ && parked_vcpus_ == threads_.size();
    if (!stands_still) return on_saved(Error("the machine is not paused"));
    fail_save("the machine was told to save itself elsewhere");
    held_ = true;
    ++saves_;
    saving_ = Saving{std::move(files), swap, std::move(on_saved), parts_->slots.size()};
    // Not from here: a device may say it from the middle of its work.
    for (const auto& slot : parts_->slots) {
        slot->hold(
            [this, number = saves_] { loop_.post([this, number] { device_quiet(number); }); });
    }
}

void Machine::device_quiet(std::uint64_t save) {
    if (state_ != State::Running || !saving_ || save != saves_) return;
    if (--saving_->busy_devices > 0) return;
    const Saving saving = *std::exchange(saving_, std::nullopt);
    const Result<void> saved = save_machine(*parts_, saving.files, saving.swap);
    static_cast<void>(take_writes());
    saving.on_saved(saved);
}

std::vector<PageRun> Machine::take_writes() {
    std::vector<PageRun> runs;
    if (state_ != State::Running || !parts_->logs_writes) return runs;
    std::uint32_t slot = 0;
    std::uint64_t first = 0;
    bool all = true;
    for (const auto& region : parts_->memory.regions()) {
        // Of each region, so that the next ones are of the time from now on.
        const auto bits = parts_->vm.take_writes(slot++, region.size);
        all = all && bits && append_runs(*bits, first, runs);
        first += region.size / kPageBytes;
    }
    if (!all) runs.clear();
    return runs;
}

void Machine::fail_save(const char* why) {
    if (const auto saving = std::exchange(saving_, std::nullopt)) saving->on_saved(Error(why));
}

void Machine::stop(EndReason reason, std::string detail) {
    if (state_ == State::Ending || state_ == State::Ended) return;
    state_ = State::Ending;
    report_.reason = reason;
    report_.detail = std::move(detail);
    for (const auto& thread : threads_) thread->request_stop();
    loop_.post([this] { end_if_out(); });
}

void Machine::vcpu_ended(const kvm::VcpuEnd& end) {
    --running_vcpus_;
    if (std::holds_alternative<kvm::TripleFault>(end)) {
        stop(EndReason::TripleFault, "");
    } else if (std::holds_alternative<kvm::GuestReset>(end)) {
        stop(EndReason::GuestReset, "");
    } else if (const auto* failure = std::get_if<kvm::RunFailure>(&end)) {
        stop(EndReason::InternalError, failure->detail);
    }
    end_if_out();
}

void Machine::end_if_out() {
    if (state_ != State::Ending || running_vcpus_ > 0) return;
    state_ = State::Ended;
    threads_.clear();
    parts_->legacy->console().finish();
    on_end_(final_report());
}

EndReport Machine::final_report() {
    EndReport report = std::move(report_);
    const bool guest_ended_it =
        report.reason == EndReason::GuestReset || report.reason == EndReason::TripleFault;
    std::string panic = parts_->legacy->panic_message();
    if (guest_ended_it && !panic.empty()) {
        report.reason = EndReason::GuestPanic;
        report.detail = std::move(panic);
    }
    report.console_bytes_dropped = parts_->legacy->console().dropped();
    return report;
}

void Machine::wait_at_stream(std::function<void()> on_stream) {
    parts_->vsock->wait_at_request(std::move(on_stream));
}

void Machine::open_stream(std::uint32_t port, UniqueFd socket) {
    if (state_ == State::Running) parts_->vsock->open_stream(port, std::move(socket));
}

DeviceLimits Machine::set_device_limits(const DeviceLimits& limits) {
    parts_->throttles->set(limits.disks);
    const limit::RateLimit streams = parts_->vsock->set_limit(limits.streams);
    return {parts_->throttles->limits(), streams};
}

void Machine::set_balloon(std::uint64_t bytes) {
    if (state_ == State::Running) parts_->balloon->set_target(bytes);
}

}  // namespace bulkhead::machine
