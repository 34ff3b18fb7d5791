// What `images --filter` and `image prune --filter` ask for. Thread: main.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/image/image_store.h"
#include "tools/bulkhead/filters.h"

namespace bulkhead::cli {

// The keys of `images`.
Filters image_list_filters();

class ImageFilter {
  public:
    // Looks up the images that the filters name. `now`: seconds since 1970.
    static Result<ImageFilter> make(const Filters& filters, const image::ImageStore& images,
                                    std::int64_t now);

    // The image itself, whatever its names.
    [[nodiscard]] bool fits(const image::Image& image) const;
    // One of its names; empty for an image without any.
    [[nodiscard]] bool name_fits(const std::string& name) const;

  private:
    explicit ImageFilter(const Filters& filters) : filters_(filters) {}

    const Filters& filters_;
    bool dangling_ = false;
    std::int64_t until_ = 0;
    // Of the named images, seconds since 1970.
    std::vector<std::int64_t> before_;
    std::vector<std::int64_t> since_;
};

// docker's: the pattern, a shell's, fits "repository:tag" or "repository".
bool reference_fits(const std::string& pattern, const std::string& name);

}  // namespace bulkhead::cli
