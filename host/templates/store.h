// The templates of one data root: a directory for each, named by its key, with key.json, the VM's
// two files and, for an image's template, the container's writable disk. Crash-safe: one that is
// found is whole. Machines that go on from a template that is removed keep its files.
// docs/templates.md. Thread: any.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/sandbox/launch.h"
#include "host/templates/entry.h"
#include "host/templates/new_template.h"

namespace bulkhead::templates {

class Store {
  public:
    // The directory is made when something is put into it.
    explicit Store(std::string directory) : directory_(std::move(directory)) {}

    struct Listed {
        std::string id;
        std::optional<Entry> entry;    // nothing: it is damaged
        std::uint64_t disk_bytes = 0;  // that its files take
        std::int64_t used_at_ns = 0;   // last, since 1970
    };

    struct Found {
        std::string id;
        Entry entry;
        sandbox::Snapshot snapshot;
        UniqueFd disk;  // to read; invalid, if the entry says that there is none
    };

    // Nothing: there is none. One that is damaged is removed, and is none. One that is found is
    // used from now on, and for as long as its memory or a duplicate of it is open.
    [[nodiscard]] Result<std::optional<Found>> find(const std::string& id) const;
    [[nodiscard]] Result<std::optional<Found>> find(const Key& key) const;

    // Nothing: somebody else makes one. What was left of earlier ones that were not finished goes.
    [[nodiscard]] Result<std::optional<NewTemplate>> begin(const Key& key) const;

    // In no order.
    [[nodiscard]] Result<std::vector<Listed>> list() const;

    // Whether it was there.
    [[nodiscard]] Result<bool> remove(const std::string& id) const;

    // Where its memory is, if there is one.
    [[nodiscard]] std::string memory_of(const std::string& id) const;

    // Removes what is left of templates that were not finished, unless one is being made now. Gives
    // the bytes that it took.
    [[nodiscard]] Result<std::uint64_t> sweep() const;

  private:
    using IsRight = std::function<bool(const Key&)>;
    [[nodiscard]] Result<std::optional<Found>> find(const std::string& id,
                                                    const IsRight& is_right) const;
    [[nodiscard]] Result<std::optional<image::FileLock>> try_lock() const;
    [[nodiscard]] std::string path_of(const std::string& id) const;

    std::string directory_;
};

// Below a data root.
std::string store_path(const std::string& root);

}  // namespace bulkhead::templates
