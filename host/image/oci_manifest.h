// Indexes and manifests (OCI image-spec, image-index.md and manifest.md, and Docker's schema 2,
// which has the same shape) as plain values. Untrusted input. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "host/image/digest.h"
#include "host/image/platform.h"

namespace bulkhead::image {

struct Descriptor {
    std::string media_type;
    Digest digest;
    std::uint64_t size = 0;
    std::optional<Platform> platform;
    std::string reference_name;  // annotation org.opencontainers.image.ref.name
    std::string image_name;      // annotation io.containerd.image.name: a complete reference
    bool attestation = false;    // BuildKit's provenance, stored as if it were an image

    // Where a layout keeps it: "blobs/sha256/<hex>".
    [[nodiscard]] std::string path() const { return "blobs/" + digest.path(); }
};

struct OciIndex {
    std::vector<Descriptor> manifests;
};

struct OciManifest {
    Descriptor config;
    std::vector<Descriptor> layers;
};

Result<std::variant<OciIndex, OciManifest>> parse_oci_document(std::string_view json);

// Refuses what is no layer of ours: foreign layers, encrypted ones, other artifacts.
Result<void> check_layer_type(const Descriptor& layer);

}  // namespace bulkhead::image
