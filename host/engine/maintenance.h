// The machine of a container that does not run, for work on its files: its root file system is put
// together as for a run, but no process is started. What is recorded of the container stays as it
// is.
//
//   Booting --agent is there--> Up --finish()--> going down in order --> Ended
//
// Thread: loop.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/event_loop.h"
#include "host/sandbox/sandbox.h"

namespace bulkhead::engine {

class Maintenance {
  public:
    // What waits for the machine: it is up, or why it is not.
    using Ready = std::function<void(Result<sandbox::Sandbox*>)>;

    // `on_ended` is called once, and may not destroy this.
    static Result<std::unique_ptr<Maintenance>> begin(EventLoop& loop, sandbox::SandboxPlan plan,
                                                      std::function<void()> on_ended);

    Maintenance(const Maintenance&) = delete;
    Maintenance& operator=(const Maintenance&) = delete;
    ~Maintenance();

    void when_ready(Ready ready);

    // Nobody needs it any more; `on_ended` follows.
    void finish();

    [[nodiscard]] bool finishing() const { return finishing_; }

    // Of its machine's monitor.
    [[nodiscard]] jail::Report jail() const { return sandbox_->jail(); }

  private:
    class NoStreams;

    explicit Maintenance(std::function<void()> on_ended);
    void on_running();
    void on_ended(const sandbox::SandboxEnd& end);

    std::function<void()> told_end_;
    std::unique_ptr<NoStreams> streams_;
    sandbox::Trace trace_;
    std::unique_ptr<sandbox::Sandbox> sandbox_;
    std::vector<Ready> waiting_;
    bool finishing_ = false;
    std::optional<Error> failure_;
};

}  // namespace bulkhead::engine
