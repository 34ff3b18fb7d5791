// Reference: an image's name as Docker reads it (distribution/reference grammar): "busybox" is
// "docker.io/library/busybox:latest". Thread: any; a plain value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/image/digest.h"

namespace bulkhead::image {

class Reference {
  public:
    // Fills in the registry, "library/", and the tag "latest" where there is neither tag nor
    // digest.
    static Result<Reference> parse(std::string_view text);

    // "docker.io/library/busybox"
    [[nodiscard]] const std::string& name() const { return name_; }

    // Empty only if there is a digest.
    [[nodiscard]] const std::string& tag() const { return tag_; }

    [[nodiscard]] const std::optional<Digest>& digest() const { return digest_; }

    // "docker.io/library/busybox:latest"
    [[nodiscard]] std::string text() const;
    // As Docker shows it: "busybox:latest".
    [[nodiscard]] std::string familiar() const;
    // The same without tag and digest: "busybox".
    [[nodiscard]] std::string familiar_name() const;

  private:
    Reference() = default;

    std::string name_;
    std::string tag_;
    std::optional<Digest> digest_;
};

// How Docker shows a complete reference; `text` itself if it is none.
[[nodiscard]] std::string familiar_reference(const std::string& text);

// Whether `text` alone is a valid tag: what some tools write as an OCI layout's reference name.
[[nodiscard]] bool is_tag(std::string_view text);

}  // namespace bulkhead::image
