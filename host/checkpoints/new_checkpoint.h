// A checkpoint that is being made: its files in a directory that nobody looks at, until publish().
// Thread: any one at a time.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/checkpoints/entry.h"
#include "host/image/file_lock.h"

namespace bulkhead::checkpoints {

class NewCheckpoint {
  public:
    // Makes the directory and three empty files in it. Only Store calls this.
    static Result<NewCheckpoint> make(const std::string& store, std::string name,
                                      image::FileLock lock);

    NewCheckpoint(NewCheckpoint&&) noexcept = default;
    NewCheckpoint& operator=(NewCheckpoint&&) = delete;
    NewCheckpoint(const NewCheckpoint&) = delete;
    NewCheckpoint& operator=(const NewCheckpoint&) = delete;
    // Removes what was not published.
    ~NewCheckpoint();

    // For files beside those of Entry; publish() syncs their names, not what is in them.
    [[nodiscard]] const std::string& directory() const { return directory_; }

    // Open to write.
    [[nodiscard]] const UniqueFd& state() const { return state_; }

    [[nodiscard]] const UniqueFd& memory() const { return memory_; }

    [[nodiscard]] const UniqueFd& disk() const { return disk_; }

    // Syncs the files, which takes long. `entry` lacks their sizes.
    Result<void> finish(Entry entry);

    // After finish(): it is found from now on, also after a crash of the host. EEXIST: there is one
    // of this name.
    Result<void> publish();

  private:
    NewCheckpoint(std::string store, std::string name, image::FileLock lock)
        : store_(std::move(store)), name_(std::move(name)), lock_(std::move(lock)) {}

    Result<void> open();

    std::string store_;
    std::string name_;
    image::FileLock lock_;
    std::string directory_;  // empty: there is none
    UniqueFd state_;
    UniqueFd memory_;
    UniqueFd disk_;
};

}  // namespace bulkhead::checkpoints
