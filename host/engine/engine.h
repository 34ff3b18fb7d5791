// The engine: what can be done with containers, for whoever offers it to users. The command line is
// one such face; nothing here knows of it. Every call works on what is on disk and on the
// containers' supervisors; there is no other state. Thread: any one at a time.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/engine/container_events.h"
#include "host/state/state_store.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::supervisor::v1 {
class Reply;
class Request;
class UpdateRequest;
}  // namespace bulkhead::supervisor::v1

namespace bulkhead::engine {

struct StopOptions {
    std::optional<int> signal;                  // else the container's own
    std::optional<std::chrono::seconds> grace;  // else the container's own
};

// How a start went: it runs, or the exit code and the reason.
struct StartOutcome {
    bool running = false;
    int exit_code = 0;
    std::string message;
};

class Engine {
  public:
    static Result<Engine> open(const state::Paths& paths);

    [[nodiscard]] state::StateStore& store() { return store_; }

    [[nodiscard]] const state::StateStore& store() const { return store_; }

    [[nodiscard]] Result<state::Record> find(std::string_view reference) const {
        return store_.find(reference);
    }

    using MakeConfig = std::function<Result<container::v1::Config>(const state::Record&)>;
    // After an error nothing of it is left. As long as the result lives nobody else can start or
    // remove it; it stays when that goes.
    Result<state::Container> create(const state::NewContainer& wanted,
                                    const MakeConfig& make_config);

    // A connection to the container's supervisor: a new one, for a container that does not run, or
    // the one that runs. Errors of the second are for users: "container web is not running".
    [[nodiscard]] Result<UniqueFd> launch(const state::Record& record) const;
    // Of one that was just created: nobody comes in between.
    [[nodiscard]] Result<UniqueFd> launch(state::Container created) const;
    [[nodiscard]] Result<UniqueFd> connect(const state::Record& record) const;

    // What a supervisor has to do for one call at most; only a hanging one takes longer.
    static constexpr std::chrono::minutes kPatience{2};

    // One call to the supervisor that runs. `most` 0: it may take as long as it takes.
    [[nodiscard]] Result<supervisor::v1::Reply> call(
        const state::Record& record, supervisor::v1::Request request,
        std::chrono::nanoseconds most = kPatience) const;

    // Without attaching to it. One that runs already is as wished.
    [[nodiscard]] Result<StartOutcome> start(const state::Record& record) const;
    // One that does not run is stopped already.
    [[nodiscard]] Result<void> stop(const state::Record& record, const StopOptions& options) const;
    [[nodiscard]] Result<StartOutcome> restart(const state::Record& record,
                                               const StopOptions& options) const;
    [[nodiscard]] Result<void> kill(const state::Record& record, int signal) const;
    // Its exit code, at its next end.
    [[nodiscard]] Result<int> wait(const state::Record& record) const;
    [[nodiscard]] Result<void> pause(const state::Record& record) const;
    [[nodiscard]] Result<void> unpause(const state::Record& record) const;
    // Saves it under the name; it ends then, unless it is to go on.
    [[nodiscard]] Result<void> checkpoint(const state::Record& record, const std::string& name,
                                          bool leave_running) const;
    [[nodiscard]] Result<void> rename(const state::Record& record, const std::string& name);
    [[nodiscard]] Result<void> update(const state::Record& record,
                                      const supervisor::v1::UpdateRequest& update);
    [[nodiscard]] Result<void> remove(const state::Record& record, bool force);

    struct Boot {
        state::Record record;
        Result<StartOutcome> outcome;
    };

    // Starts what its restart policy wants to run after the host's boot, one after the other.
    std::vector<Boot> boot();

  private:
    explicit Engine(state::StateStore store) : store_(std::move(store)) {}

    [[nodiscard]] Result<void> set_paused(const state::Record& record, bool paused) const;
    [[nodiscard]] ContainerEvents events_of(const state::Record& record) const;

    state::StateStore store_;
};

}  // namespace bulkhead::engine
