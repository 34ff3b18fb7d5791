// The platform that an image is for, in Go's names ("linux", "amd64"), as images state it.
#pragma once

#include <string>

namespace bulkhead::image {

struct Platform {
    std::string os;
    std::string architecture;
    std::string variant;

    // "linux/arm64/v8"
    [[nodiscard]] std::string text() const;
};

// What this machine runs.
Platform host_platform();

// Whether a guest on `host` can run what `image` states. Empty fields of `image` match; other
// spellings
// ("x86_64", "aarch64") and arm64's only variant "v8" are understood.
bool can_run(const Platform& host, const Platform& image);

}  // namespace bulkhead::image
