// Where an image store keeps what (docs/images.md "On disk").
#pragma once

#include <string>
#include <string_view>

#include "host/image/digest.h"

namespace bulkhead::image {

inline constexpr std::string_view kRecordSuffix =
    ".json";  // written last: an image is there when this is
inline constexpr std::string_view kConfigSuffix = ".config";  // the image's config blob
inline constexpr std::string_view kMetadataSuffix = ".erofs";

class StorePaths {
  public:
    explicit StorePaths(std::string root) : root_(std::move(root)) {}

    [[nodiscard]] const std::string& root() const { return root_; }

    [[nodiscard]] std::string layers() const { return root_ + "/layers"; }

    [[nodiscard]] std::string images() const { return root_ + "/images"; }

    [[nodiscard]] std::string references() const { return root_ + "/references.json"; }

    [[nodiscard]] std::string store_lock() const { return root_ + "/store.lock"; }

    [[nodiscard]] std::string names_lock() const { return root_ + "/names.lock"; }

    [[nodiscard]] std::string image(const Digest& id, std::string_view suffix) const {
        return images() + "/" + id.path() + std::string(suffix);
    }

  private:
    std::string root_;
};

}  // namespace bulkhead::image
