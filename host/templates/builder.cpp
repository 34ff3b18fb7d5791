#include "host/templates/builder.h"

#include <utility>

#include "base/text.h"
#include "host/sandbox/failure_report.h"

namespace bulkhead::templates {

Builder::Builder(EventLoop& loop, NewTemplate made, Events events)
    : loop_(loop), made_(std::move(made)), events_(std::move(events)) {}

Builder::~Builder() = default;

Result<std::unique_ptr<Builder>> Builder::begin(EventLoop& loop, Plan plan, NewTemplate made,
                                                Events events) {
    std::unique_ptr<Builder> builder(new Builder(loop, std::move(made), std::move(events)));
    TRY(builder->launch(std::move(plan)));
    return builder;
}

Result<void> Builder::launch(Plan plan) {
    sandbox::Vm::Events events;
    events.started = [](const auto&) {};
    // The guest has nobody to talk to: what it opens is closed.
    events.stream = [](const auto&) {};
    events.device_limits = [](const auto&) {};
    events.paused = [this] { on_paused(); };
    events.saved = [this](const sandbox::VmSaved& saved) { on_saved(saved); };
    events.ended = [this](const sandbox::VmEnd& end) { on_ended(end); };
    vm_ = TRY(sandbox::Vm::launch(loop_, plan.vm, std::move(plan.launch), std::move(events)));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(plan.timeout).count();
    timer_ = loop_.after(plan.timeout, [this, seconds] {
        fail(concat("the guest's agent did not call within ", seconds, " s"));
    });
    events_.stage(Stage::Building, *vm_);
    return {};
}

void Builder::on_paused() {
    events_.stage(Stage::Saving, *vm_);
    if (auto asked = vm_->save(made_.state(), made_.memory()); !asked)
        fail(asked.error().message());
}

void Builder::on_saved(const sandbox::VmSaved& saved) {
    if (!saved.error.empty()) return fail("saving the machine: " + saved.error);
    saved_ = true;
    events_.stage(Stage::Saved, *vm_);
    vm_->kill();
}

void Builder::fail(std::string why) {
    if (!failure_) failure_ = std::move(why);
    vm_->kill();
}

void Builder::on_ended(const sandbox::VmEnd& end) {
    timer_.reset();
    if (!saved_ && !failure_) failure_ = sandbox::describe_end(end);
    const auto done = std::move(events_.done);
    done(failure_ ? Result<void>(Error(*std::move(failure_))) : made_.publish());
}

}  // namespace bulkhead::templates
