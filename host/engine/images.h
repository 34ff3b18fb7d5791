// The images of this host, for whoever changes them: each change is written to the journal of
// events, with docker's names. Reading goes to the store itself. Thread: any one at a time.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "host/events/journal.h"
#include "host/image/image_store.h"
#include "host/state/paths.h"
#include "host/state/record.h"

namespace bulkhead::container::v1 {
class Config;
}

namespace bulkhead::engine {

// Where the image store is, below Paths::root.
std::string image_store_path(const state::Paths& paths);

class Images {
  public:
    // Makes the store if need be.
    static Result<Images> open(const state::Paths& paths);

    [[nodiscard]] const image::ImageStore& store() const { return store_; }

    // Events: `load`, one for each image that is there, also when a later one fails.
    [[nodiscard]] Result<std::vector<image::LoadedImage>> load(
        const std::string& path, const image::LoadOptions& options) const;

    // Events: the image's `tag`, if it gets a name, and the container's `commit`.
    [[nodiscard]] Result<image::LoadedImage> commit(const state::Record& container,
                                                    const container::v1::Config& config,
                                                    const image::ImageCommit& commit) const;

    // Events: `untag` for each name, and `delete`.
    [[nodiscard]] Result<image::RemoveReport> remove(std::string_view reference_or_id,
                                                     image::RemoveMode mode) const;

    // Events: `save` for each image, once the archive is whole.
    [[nodiscard]] Result<void> save(const std::vector<std::string>& references, int fd) const;

    // Event: `tag`, with the new name.
    [[nodiscard]] Result<void> tag(std::string_view reference_or_id,
                                   std::string_view new_reference) const;

  private:
    using Labels = std::vector<std::pair<std::string, std::string>>;

    Images(image::ImageStore store, events::Journal journal)
        : store_(std::move(store)), journal_(std::move(journal)) {}

    // None for an image that cannot be read: it has its events nevertheless.
    [[nodiscard]] Labels labels_of(std::string_view reference_or_id) const;
    void emit(std::string_view action, const std::string& id, const std::string& name,
              const Labels& labels) const;

    image::ImageStore store_;
    events::Journal journal_;
};

}  // namespace bulkhead::engine
