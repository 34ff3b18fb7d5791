// Where the machine of a start comes from: a template, one that is made first, or a boot. Whatever
// is wrong with a template is a warning, and the machine boots. docs/templates.md. Thread: loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/event_loop.h"
#include "host/engine/fault_points.h"
#include "host/sandbox/sandbox.h"
#include "host/templates/builder.h"
#include "host/templates/store.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::engine {

// What templates need to know, found out before the supervisor is confined.
struct TemplatePlaces {
    std::string store;
    Result<templates::Host> host;
};

class MachineSource {
  public:
    struct Parts {
        EventLoop& loop;
        const container::v1::Config& config;
        const TemplatePlaces& places;
        const FaultPoints& faults;
        sandbox::Trace& trace;
    };

    // The plan, ready to begin.
    using Ready = std::function<void(sandbox::SandboxPlan)>;

    explicit MachineSource(Parts parts) : parts_(parts) {}

    MachineSource(const MachineSource&) = delete;
    MachineSource& operator=(const MachineSource&) = delete;
    ~MachineSource();

    // `plan` boots, and `key` is its launch's. `ready` is called once, at once or when the template
    // has been made, and may destroy this.
    void prepare(sandbox::SandboxPlan plan, const Result<templates::Key>& key, Ready ready);

    // A template is being made.
    [[nodiscard]] bool busy() const { return builder_ != nullptr; }

    // Ends that, and `ready` is never called.
    void cancel();

    // The machine could not go on from its template, and boots.
    void on_restore_failed(const std::string& why);

    // The machine ended before its container had started, which is nothing that a container can
    // bring about.
    void on_died(const std::string& why);

    // "cold", or "template ID": of the plan that was made ready last.
    [[nodiscard]] const std::string& origin() const { return origin_; }

  private:
    Result<void> choose(const Result<templates::Key>& key, sandbox::SandboxPlan& plan,
                        Ready& ready);
    Result<bool> use(const templates::Key& key, sandbox::SandboxPlan& plan);
    Result<void> build(sandbox::SandboxPlan& plan, Ready& ready, templates::NewTemplate made);
    void on_built(const Result<void>& built);
    void remove(const std::string& why);
    void at_stage(templates::Builder::Stage stage, sandbox::Vm& vm) const;

    Parts parts_;
    std::optional<templates::Store> store_;
    UniqueFd used_memory_;  // its lock keeps the template while the machine may run
    std::string id_;
    std::optional<templates::Key> key_;  // of the one that is being made
    std::string origin_ = "cold";
    // While one is being made.
    std::optional<sandbox::SandboxPlan> plan_;
    Ready ready_;
    std::unique_ptr<templates::Builder> builder_;
};

}  // namespace bulkhead::engine
