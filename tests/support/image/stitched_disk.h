// The virtual disk of an image as a test sees it: segments of files, read as one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "host/image/image_store.h"

namespace bulkhead::test {

class StitchedDisk {
  public:
    void append(UniqueFd file, std::uint64_t length);

    // Opens the segments of an image in a store.
    static StitchedDisk open(const std::vector<image::DiskSegment>& segments);

    [[nodiscard]] std::uint64_t size() const { return size_; }

    // Fewer bytes only at the end of the disk.
    [[nodiscard]] std::string read(std::uint64_t offset, std::uint64_t length) const;

    // Copies everything into one file, holes as holes.
    void write_to(const std::string& path) const;

  private:
    struct Segment {
        UniqueFd file;
        std::uint64_t start = 0;
        std::uint64_t length = 0;
    };

    std::vector<Segment> segments_;
    std::uint64_t size_ = 0;
};

}  // namespace bulkhead::test
