// From tar archives to a disk in memory, through the same steps as a load: import, index written
// and read back, composition. For tests of what ends up in the file system.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/image/erofs_reader.h"
#include "tests/support/image/stitched_disk.h"

namespace bulkhead::test {

struct ComposedImage {
    std::string error;  // empty when it worked
    StitchedDisk disk;
    std::uint64_t metadata_bytes = 0;
};

// Layers as uncompressed tar archives, lowest first.
std::unique_ptr<ComposedImage> compose_layers(const std::vector<std::string>& tars);

// The same read back; an error is an exception.
class ComposedTree {
  public:
    explicit ComposedTree(const std::vector<std::string>& tars);

    const ErofsReader* operator->() const { return reader_.get(); }

    [[nodiscard]] const ComposedImage& image() const { return *image_; }

    // All paths, in order, joined by spaces: "a a/b c".
    [[nodiscard]] std::string names() const;

  private:
    std::unique_ptr<ComposedImage> image_;
    std::unique_ptr<ErofsReader> reader_;
};

}  // namespace bulkhead::test
