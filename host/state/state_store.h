// StateStore: the containers on this machine, as directories. A container belongs to the process
// that holds its lock; a record that says "running" with a free lock is one whose owner crashed.
// Processes need no daemon and no shared lock: names are claimed by symlink(2), directories appear
// by rename(2), states are replaced whole. Thread: any one at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/state/container.h"
#include "host/state/paths.h"
#include "host/state/record.h"

namespace bulkhead::state {

struct NewContainer {
    std::string name;  // empty: a random one
    std::string image;
    std::vector<std::string> command;
    bool auto_remove = false;
    std::string cgroups = {};  // where its cgroup is made, with a / at the end; empty: nowhere
};

class StateStore {
  public:
    // Makes the directories that are missing, and removes what crashed --rm containers left.
    static Result<StateStore> open(Paths paths);

    // The same where somebody has just opened it: looks at nothing.
    static StateStore opened(Paths paths) { return StateStore(std::move(paths)); }

    [[nodiscard]] const Paths& paths() const { return paths_; }

    // Claims an id and a name. An error that is EEXIST: the name is taken.
    Result<Container> create(const NewContainer& wanted);

    // Takes a container that nobody owns, to start it; it stays when the object goes. An error that
    // is EBUSY: it has an owner.
    Result<Container> claim(const Record& record);

    // As claim(), with the lock that another process had and handed over.
    Result<Container> adopt(const Record& record, UniqueFd lock);

    // Gives a container that this process owns another name. An error that is EEXIST: it is taken.
    Result<void> rename(Container& container, const std::string& name) const;

    // Where a container's own files are.
    [[nodiscard]] std::string directory_of(const Record& record) const;

    // Its output, as host/logs writes it. Never in memory, and gone with the container.
    [[nodiscard]] std::string log_of(const Record& record) const;

    // The socket that its owner listens on.
    [[nodiscard]] std::string socket_of(const Record& record) const;

    // Every container, newest first, with Status::Dead where the owner is gone. One that cannot be
    // read is left out: a list never fails because of one container.
    [[nodiscard]] std::vector<Record> list() const;

    // By full id, name, or the beginning of an id that fits one container only.
    [[nodiscard]] Result<Record> find(std::string_view reference) const;

    // Removes a container that nobody owns; an error that is EBUSY: it has an owner. With `force`
    // its VM is killed first; its owner then ends by itself, and this waits until it has.
    Result<void> remove(const Record& record, bool force);

  private:
    explicit StateStore(Paths paths) : paths_(std::move(paths)) {}

    Result<void> sweep() const;
    void sweep_files() const;
    [[nodiscard]] Result<Container> own(const Record& record, UniqueFd lock) const;
    [[nodiscard]] std::optional<Record> read(bool auto_remove, const std::string& id) const;
    [[nodiscard]] std::optional<Record> find_id(const std::string& id) const;
    [[nodiscard]] std::optional<Record> find_name(const std::string& name) const;
    [[nodiscard]] bool container_exists(std::string_view id) const;
    [[nodiscard]] std::string containers_folder(bool auto_remove) const;
    [[nodiscard]] std::string name_link(std::string_view name) const;
    [[nodiscard]] Result<std::string> claim_name(const std::string& wanted,
                                                 const std::string& id) const;
    [[nodiscard]] bool claim_is_stale(const std::string& link) const;

    Paths paths_;
};

}  // namespace bulkhead::state
