#include "host/engine/maintenance.h"

#include <utility>

#include "proto/agent.pb.h"

namespace bulkhead::engine {

// There is no process, and so nothing to read or write.
class Maintenance::NoStreams final : public sandbox::Stdio {
  public:
    [[nodiscard]] const sandbox::StreamPorts& ports() const override { return ports_; }

    bool accept(std::uint32_t /*port*/, UniqueFd /*stream*/) override { return false; }

    void no_more_streams() override {}

    [[nodiscard]] bool drained() const override { return true; }

    [[nodiscard]] std::uint64_t output_count() const override { return 0; }

    [[nodiscard]] bool waits_for_guest() const override { return true; }

  private:
    sandbox::StreamPorts ports_;
};

Maintenance::Maintenance(std::function<void()> on_ended)
    : told_end_(std::move(on_ended)), streams_(std::make_unique<NoStreams>()) {}

Maintenance::~Maintenance() = default;

Result<std::unique_ptr<Maintenance>> Maintenance::begin(EventLoop& loop, sandbox::SandboxPlan plan,
                                                        std::function<void()> on_ended) {
    plan.maintenance = true;
    plan.start->set_maintenance(true);
    std::unique_ptr<Maintenance> made(new Maintenance(std::move(on_ended)));
    Maintenance* const self = made.get();
    made->sandbox_ = std::make_unique<sandbox::Sandbox>(
        loop, std::move(plan), *made->streams_, made->trace_,
        sandbox::Sandbox::Events{.starting = [] {},
                                 .running = [self] { self->on_running(); },
                                 .ended = [self](const auto& end) { self->on_ended(end); }});
    TRY(made->sandbox_->begin());
    return made;
}

void Maintenance::when_ready(Ready ready) {
    if (failure_) return ready(*failure_);
    if (sandbox_->running()) return ready(sandbox_.get());
    waiting_.push_back(std::move(ready));
}

void Maintenance::on_running() {
    for (const Ready& ready : std::exchange(waiting_, {})) ready(sandbox_.get());
    if (finishing_) sandbox_->finish_maintenance();
}

void Maintenance::finish() {
    if (std::exchange(finishing_, true)) return;
    if (failure_) return told_end_();
    // A machine that still boots may have its disk mounted any moment: it is let boot, and goes
    // down in order.
    if (sandbox_->running()) sandbox_->finish_maintenance();
}

void Maintenance::on_ended(const sandbox::SandboxEnd& end) {
    failure_ = Error(end.message.empty() ? "the container's machine has ended" : end.message);
    for (const Ready& ready : std::exchange(waiting_, {})) ready(*failure_);
    if (finishing_) told_end_();
}

}  // namespace bulkhead::engine
