// A template that is being made: its files in a directory that nobody looks at, until publish().
// Meanwhile nobody else makes one in this store. Thread: any one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "host/image/file_lock.h"
#include "host/templates/key.h"

namespace bulkhead::templates {

// Of an image's template: the machine's disks, and the image's name.
struct TemplateContents {
    std::uint32_t disks = 0;
    std::string image;
};

class NewTemplate {
  public:
    // Makes the directory and two empty files in it. Only Store calls this.
    static Result<NewTemplate> make(const std::string& store, Key key, image::FileLock lock);

    NewTemplate(NewTemplate&&) noexcept = default;
    NewTemplate& operator=(NewTemplate&&) = delete;
    NewTemplate(const NewTemplate&) = delete;
    NewTemplate& operator=(const NewTemplate&) = delete;
    // Removes what was not published.
    ~NewTemplate();

    // Open to write.
    [[nodiscard]] const UniqueFd& state() const { return state_; }

    [[nodiscard]] const UniqueFd& memory() const { return memory_; }

    // A third file, for the writable disk of a container that is prepared.
    Result<void> make_disk();

    [[nodiscard]] const UniqueFd& disk() const { return disk_; }

    // For what is known when the template is published already (written_pages.h): an empty file
    // that is a part of it.
    Result<UniqueFd> make_written();

    // The files are whole: they are found from now on, also after a crash of the host. If there
    // are too many templates now, another one goes (bound.h). Then somebody may make the next one.
    Result<void> publish(const TemplateContents& contents = {});

  private:
    NewTemplate(std::string store, Key key, image::FileLock lock)
        : store_(std::move(store)), key_(std::move(key)), lock_(std::move(lock)) {}

    Result<void> open();

    std::string store_;
    Key key_;
    std::optional<image::FileLock> lock_;  // until it is published
    std::string directory_;                // empty: there is none
    UniqueFd state_;
    UniqueFd memory_;
    UniqueFd disk_;
};

}  // namespace bulkhead::templates
