// The template of a container's image: a machine in which a container like this one is prepared.
// Found before the container's disk is made, and used in place of a boot or a machine's template;
// or made from the container's own machine, when that has prepared it. Whatever is wrong with one
// is a warning. docs/templates.md. Thread: loop.
//
//   look_up() --there is one--> use() --> the machine goes on from it
//        \----there is none--> make() --> saved, while the container starts --> published
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "base/event_loop.h"
#include "host/engine/fault_points.h"
#include "host/engine/host_files.h"
#include "host/engine/machine_source.h"
#include "host/sandbox/sandbox.h"
#include "host/templates/store.h"

namespace bulkhead::engine {

class ImageTemplate {
  public:
    struct Parts {
        EventLoop& loop;
        const container::v1::Config& config;
        const HostFiles& files;
        const TemplatePlaces& places;
        const FaultPoints& faults;
    };

    explicit ImageTemplate(Parts parts) : parts_(parts) {}

    ImageTemplate(const ImageTemplate&) = delete;
    ImageTemplate& operator=(const ImageTemplate&) = delete;
    // Waits until what is being published is on the disk.
    ~ImageTemplate();

    // `plan` has all but its writable disk, which is to be a new one. Gives what that becomes a
    // copy of; -1: nothing.
    int look_up(const sandbox::SandboxPlan& plan, const Result<templates::Key>& machine);

    // Has the plan go on from the one that was found, if there was one.
    bool use(sandbox::SandboxPlan& plan);

    // Of a machine that is launched later.
    using Machine = std::function<sandbox::Sandbox&()>;

    // Has the plan make one, if that is wanted. `disk` is its writable one, or invalid.
    void make(sandbox::SandboxPlan& plan, const UniqueFd& disk, Machine machine);

    // The machine could not go on from it.
    void on_restore_failed(const std::string& why);
    // It did, if it was used, but its agent did not start the container.
    void on_refused(const std::string& why);

    // "image template ID" when it is used, or nothing.
    [[nodiscard]] const std::string& origin() const { return origin_; }

  private:
    struct Making {
        templates::NewTemplate made;
        UniqueFd disk;
        Machine machine;
    };

    Result<void> find(const sandbox::SandboxPlan& plan, const templates::Key& machine);
    [[nodiscard]] Result<bool> wanted() const;
    Result<void> begin(sandbox::SandboxPlan& plan, const UniqueFd& disk, Machine machine);
    void on_saved(const Result<void>& saved);
    void on_wrote(const std::vector<PageRun>& runs);
    void on_published();

    Parts parts_;
    std::optional<templates::Key> key_;  // nothing: there can be none
    std::optional<templates::Store::Found> found_;
    UniqueFd used_memory_;  // its lock keeps the template while the machine may run
    std::string origin_;
    std::optional<Making> making_;
    UniqueFd
        written_;  // of the one that is made, until it is known which pages its container writes to
    std::optional<Result<void>> published_;  // by the thread, before it ends
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
    std::thread publisher_;  // syncs the files, which takes long
};

}  // namespace bulkhead::engine
