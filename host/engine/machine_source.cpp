#include "host/engine/machine_source.h"

#include <utility>

#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/templates/slots.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

constexpr const char* kCold = "cold";

}  // namespace

MachineSource::~MachineSource() = default;

void MachineSource::prepare(sandbox::SandboxPlan plan, const Result<templates::Key>& key,
                            Ready ready) {
    origin_ = kCold;
    used_memory_.reset();
    if (parts_.config.machine().template_use() != container::v1::TEMPLATE_USE_NEVER) {
        if (const auto chosen = choose(key, plan, ready); !chosen)
            log::warning("no template: " + chosen.error().message());
    }
    // Else the template is being made, and has both.
    if (ready) ready(std::move(plan));
}

Result<void> MachineSource::choose(const Result<templates::Key>& key, sandbox::SandboxPlan& plan,
                                   Ready& ready) {
    if (!key) return key.error();
    store_.emplace(parts_.places.store);
    if (TRY(use(*key, plan))) return {};
    id_ = key->id();
    key_ = *key;
    auto made = TRY(store_->begin(*key));
    if (!made) return {};
    // Somebody may have finished it before we could begin.
    if (TRY(use(*key, plan))) return {};
    return build(plan, ready, *std::move(made));
}

// Has the plan go on from the template, if there is one.
Result<bool> MachineSource::use(const templates::Key& key, sandbox::SandboxPlan& plan) {
    auto found = TRY(store_->find(key));
    if (!found) return false;
    id_ = found->id;
    used_memory_ = TRY(duplicate(found->snapshot.memory.get()));
    sandbox::Launch restored =
        TRY(templates::restored_launch(plan.launch, std::move(found->snapshot)));
    plan.boot = std::exchange(plan.launch, std::move(restored));
    origin_ = "template " + id_;
    return true;
}

Result<void> MachineSource::build(sandbox::SandboxPlan& plan, Ready& ready,
                                  templates::NewTemplate made) {
    sandbox::Launch launch = TRY(templates::template_launch(plan.launch));
    templates::Builder::Plan wanted{plan.vm, std::move(launch), plan.start_timeout};
    parts_.trace.step("look for a template");
    builder_ =
        TRY(templates::Builder::begin(parts_.loop, std::move(wanted), std::move(made),
                                      {[this](auto stage, sandbox::Vm& vm) { at_stage(stage, vm); },
                                       [this](const Result<void>& built) { on_built(built); }}));
    plan_.emplace(std::move(plan));
    ready_ = std::exchange(ready, nullptr);
    return {};
}

void MachineSource::at_stage(templates::Builder::Stage stage, sandbox::Vm& vm) const {
    using Stage = templates::Builder::Stage;
    const char* point = stage == Stage::Building ? "template-building"
                        : stage == Stage::Saving ? "template-saving"
                                                 : "template-saved";
    parts_.faults.reach(point, [&vm] { vm.kill(); });
}

void MachineSource::on_built(const Result<void>& built) {
    parts_.trace.step("make the template");
    // It must not be destroyed in its own call.
    parts_.loop.post(
        [builder = std::shared_ptr(std::move(builder_))]() mutable { builder.reset(); });
    sandbox::SandboxPlan plan = *std::move(plan_);
    plan_.reset();
    Result<void> used;
    if (!built) {
        used = built;
    } else if (auto found = use(*key_, plan); !found) {
        used = std::move(found).error();
    }
    if (!used) log::warning("no template: " + used.error().message());
    std::exchange(ready_, nullptr)(std::move(plan));
}

void MachineSource::cancel() {
    builder_.reset();
    ready_ = nullptr;
    plan_.reset();
}

void MachineSource::on_restore_failed(const std::string& why) {
    origin_ = kCold;
    remove(why);
}

void MachineSource::on_died(const std::string& why) {
    if (origin_ != kCold) remove(why);
}

void MachineSource::remove(const std::string& why) {
    log::warning(concat("template ", id_, " is no good and is removed: ", why));
    used_memory_.reset();
    if (const auto removed = store_->remove(id_); !removed) log::warning(removed.error().message());
}

}  // namespace bulkhead::engine
