// ReferenceTable: which image each name means; one JSON file, replaced as a whole. Names are
// complete
// ("docker.io/library/busybox:latest"). Changing it takes the names lock (image_store.h). Thread:
// any.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/image/digest.h"

namespace bulkhead::image {

class ReferenceTable {
  public:
    // Empty when the file does not exist.
    static Result<ReferenceTable> read(const std::string& path);

    Result<void> write(const std::string& path) const;

    std::map<std::string, Digest> images;

    [[nodiscard]] std::vector<std::string> names_of(const Digest& id) const;
};

}  // namespace bulkhead::image
