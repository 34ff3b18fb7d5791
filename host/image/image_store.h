// ImageStore: the images on this host. Loading verifies everything and unpacks nothing: each layer
// is kept once, as a data file and an index, and each image is EROFS metadata over its layers' data
// files (docs/images.md). Several processes may use one store.
//
// Locks, in this order: store.lock (shared while images are loaded, exclusive while unused layers
// are removed), a layer's .partial file, names.lock (while references change). Reading takes none.
// Removing never waits for a load, and a container that runs keeps its disk: it holds the files
// open. Thread: any one at a time. Sizes in bytes. Errors say what failed, on what, and why.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/image/digest.h"
#include "host/image/image_config.h"
#include "host/image/store_paths.h"

namespace bulkhead::image {

class ReferenceTable;
struct ComposedImage;
struct ImageCommit;
struct ImagePlan;

// A run of a file that is part of a virtual disk. Opened read-only by whoever serves the disk.
struct DiskSegment {
    std::string path;
    std::uint64_t file_offset = 0;
    std::uint64_t length = 0;
};

struct Image {
    Digest id;                     // of the config, as Docker's image ID
    std::optional<Digest> digest;  // of the manifest; images from old docker archives have none
    std::vector<std::string> references;  // as Docker shows them: "busybox:latest"
    std::string created;                  // RFC 3339, as the image says
    std::string author;
    std::string os;
    std::string architecture;
    std::string variant;
    ImageConfig config;
    std::vector<HistoryEntry> history;       // oldest first; may be missing
    std::vector<Digest> layers;              // diff IDs, lowest first
    std::vector<std::uint64_t> layer_bytes;  // of each layer's data
    std::uint64_t metadata_bytes = 0;
    std::uint64_t size = 0;         // metadata and layers
    std::vector<DiskSegment> disk;  // the root file system: EROFS, read-only
};

struct LoadProgress {
    std::size_t layer = 0;  // counted from 1
    std::size_t layers = 0;
    Digest diff_id;
    bool present = false;    // the layer was there already, or is now
    std::uint64_t read = 0;  // bytes of the stored, mostly compressed layer
    std::uint64_t total = 0;
};

struct LoadedImage {
    Digest id;
    std::vector<std::string> references;  // that name it now, of this load; may be empty
    std::size_t new_layers = 0;
};

struct LoadOptions {
    std::function<void(const LoadProgress&)> progress;
    // Each image when it is there, also when a later one then fails.
    std::function<void(const LoadedImage&)> loaded;
    // Instead of the names that the image brings; only for a source with one image.
    std::string name;
};

// A new name of an image, as Docker shows it.
struct Tagged {
    Digest id;
    std::string name;
};

enum class RemoveMode { Normal, Force };

struct RemoveReport {
    std::optional<Digest> image;        // which it is about, once something of it went
    std::vector<std::string> untagged;  // as Docker shows them
    std::optional<Digest> deleted;      // the image, when its last name went
    std::size_t deleted_layers = 0;
    std::uint64_t freed = 0;
    // A load was running: it removes unused layers when it ends.
    bool layers_deferred = false;
};

class ImageStore {
  public:
    // Makes the directory if need be (its parent has to exist).
    static Result<ImageStore> open(const std::string& root);

    // An OCI layout directory, or an OCI or docker archive; `path` may be compressed, or a pipe.
    [[nodiscard]] Result<std::vector<LoadedImage>> load(const std::string& path,
                                                        const LoadOptions& options = {}) const;

    // A new image from a container's; its layers are those of its base and one more.
    [[nodiscard]] Result<LoadedImage> commit(const ImageCommit& commit) const;

    // All images, those without a name included. One whose record cannot be read is left out with a
    // warning on the log.
    [[nodiscard]] Result<std::vector<Image>> list() const;

    // By name ("busybox", "busybox@sha256:..."), by id, or by the unique beginning of an id's
    // digits. ENOENT when there is none.
    [[nodiscard]] Result<Image> find(std::string_view reference_or_id) const;

    // A name is taken away; with the last one goes the image. By id: the image, if it has one name
    // or none, or with Force.
    [[nodiscard]] Result<RemoveReport> remove(std::string_view reference_or_id,
                                              RemoveMode mode) const;

    // Writes images as one archive that is an OCI layout and a docker archive. As docker: a name
    // without a tag stands for all tags of its repository, an id for the image without names.
    // Gives which images those were.
    [[nodiscard]] Result<std::vector<Digest>> save(const std::vector<std::string>& references,
                                                   int fd) const;

    // Gives an image one more name; takes it from the image that had it.
    [[nodiscard]] Result<Tagged> tag(std::string_view reference_or_id,
                                     std::string_view new_reference) const;

  private:
    explicit ImageStore(StorePaths paths) : paths_(std::move(paths)) {}

    // An image, and the complete name by which it was found, if it was one.
    struct Found {
        Digest id;
        std::string name;
    };

    // An image to save, and the names that it is saved with.
    struct Chosen {
        Image image;
        std::vector<std::string> names;  // complete
    };

    [[nodiscard]] Result<std::vector<Chosen>> choose(
        const std::vector<std::string>& references) const;
    [[nodiscard]] Result<Found> resolve(std::string_view text, const ReferenceTable& table) const;
    [[nodiscard]] Result<Found> resolve_digest(const Digest& digest, std::string_view text) const;
    [[nodiscard]] Result<std::vector<Digest>> image_ids() const;
    [[nodiscard]] Result<Image> read_image(const Digest& id, const ReferenceTable& table) const;
    [[nodiscard]] Result<LoadedImage> publish(const ImagePlan& plan,
                                              const ComposedImage& composed) const;
    // What the image's own files take on disk, without its layers.
    [[nodiscard]] std::uint64_t allocated_bytes(const Digest& id) const;
    [[nodiscard]] Result<void> delete_image(const Digest& id) const;
    // Removes what no image uses, unless a load is running; the report says which.
    [[nodiscard]] Result<void> collect(RemoveReport& report) const;

    StorePaths paths_;
};

}  // namespace bulkhead::image
