// The checkpoints of one data root: a directory for each, named as its user named it, with
// checkpoint.json, the container's configuration, the VM's two files and a copy of its writable
// disk. Crash-safe: one that is found is whole. Machines that go on from one that is removed keep
// its files. docs/checkpoints.md. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/checkpoints/entry.h"
#include "host/checkpoints/new_checkpoint.h"
#include "host/sandbox/launch.h"

namespace bulkhead::checkpoints {

struct Checkpoint {
    Entry entry;
    std::string directory;  // for the configuration that lies there
    sandbox::Snapshot snapshot;
    UniqueFd disk;  // to read; empty, if the entry says that there is none
};

class Store {
  public:
    // The directory is made when something is put into it.
    explicit Store(std::string directory) : directory_(std::move(directory)) {}

    struct Listed {
        std::string name;
        std::optional<Entry> entry;    // nothing: it is damaged,
        std::string damage;            // and this is why
        std::uint64_t disk_bytes = 0;  // that its files take
    };

    // An error: there is none of this name, or it is damaged.
    [[nodiscard]] Result<Checkpoint> find(const std::string& name) const;

    // An error when there is one of this name. What was left of others that were not finished goes.
    [[nodiscard]] Result<NewCheckpoint> begin(const std::string& name) const;

    // By their names.
    [[nodiscard]] Result<std::vector<Listed>> list() const;

    // Whether it was there.
    [[nodiscard]] Result<bool> remove(const std::string& name) const;

    // Removes what is left of checkpoints that were not finished, unless one is being made now.
    // Gives the bytes that it took.
    [[nodiscard]] Result<std::uint64_t> sweep() const;

  private:
    [[nodiscard]] std::string lock_path() const;
    [[nodiscard]] std::string path_of(const std::string& name) const;

    std::string directory_;
};

// Below a data root.
std::string store_path(const std::string& root);

}  // namespace bulkhead::checkpoints
