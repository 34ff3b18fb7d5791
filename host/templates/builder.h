// Makes one template: boots a machine with empty slots, has it saved when its agent is about to
// call the host, and ends it. Thread: loop.
//
//   Booting --it pauses by itself--> Saving --saved--> Ending --its monitor is gone--> published
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/event_loop.h"
#include "host/sandbox/vm.h"
#include "host/templates/new_template.h"

namespace bulkhead::templates {

class Builder {
  public:
    struct Plan {
        sandbox::Vm::Options vm;
        sandbox::Launch launch;  // template_launch()
        std::chrono::nanoseconds timeout{};
    };

    enum class Stage { Building, Saving, Saved };

    struct Events {
        // Comes to a stage; for fault injection.
        std::function<void(Stage, sandbox::Vm&)> stage;
        // Once, last; must not destroy the Builder.
        std::function<void(Result<void>)> done;
    };

    // After an error no event comes, and nothing is left.
    static Result<std::unique_ptr<Builder>> begin(EventLoop& loop, Plan plan, NewTemplate made,
                                                  Events events);

    Builder(const Builder&) = delete;
    Builder& operator=(const Builder&) = delete;
    // Ends what was not done, and nothing is left of it.
    ~Builder();

  private:
    Builder(EventLoop& loop, NewTemplate made, Events events);

    Result<void> launch(Plan plan);
    void on_paused();
    void on_saved(const sandbox::VmSaved& saved);
    void on_ended(const sandbox::VmEnd& end);
    void fail(std::string why);

    EventLoop& loop_;
    NewTemplate made_;
    Events events_;
    std::optional<std::string> failure_;
    bool saved_ = false;
    // Its monitor goes before the files.
    std::unique_ptr<sandbox::Vm> vm_;
    EventLoop::Handle timer_;
};

}  // namespace bulkhead::templates
