// ImagePlan: what one image consists of, read from an OCI layout or a docker archive, before any
// layer is touched. Everything in it has been checked except the layers' content. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/image/blob_container.h"
#include "host/image/digest.h"
#include "host/image/image_config.h"
#include "host/image/platform.h"

namespace bulkhead::image {

struct LayerPlan {
    std::string name;              // in the container
    std::optional<Digest> digest;  // of the blob as stored; docker archives have none
    std::uint64_t size = 0;        // of the blob; only checked together with the digest
};

struct ImagePlan {
    Digest id;                       // of the config
    std::optional<Digest> digest;    // of the manifest
    std::vector<std::string> names;  // complete references, "docker.io/library/busybox:latest"
    std::string config;              // the blob as it is
    ImageDescription description;
    std::vector<LayerPlan> layers;  // as many as description.diff_ids
};

// The images of a container: an OCI layout if it is one, else a docker archive. `base_name` names
// an image of a layout which has only a tag, or nothing (docs/images.md "Names").
Result<std::vector<ImagePlan>> plan_images(BlobContainer& container, const Platform& host,
                                           const std::string& base_name);

// The two formats. oci_layout.cpp, docker_archive.cpp.
Result<std::vector<ImagePlan>> plan_oci_layout(BlobContainer& container, const Platform& host,
                                               const std::string& base_name);
Result<std::vector<ImagePlan>> plan_docker_archive(BlobContainer& container, const Platform& host);

// Reads the parts that both formats share: parses the config, and checks its platform and that it
// has a diff ID for each of `layers`.
Result<ImagePlan> finish_plan(std::string config, Digest id, std::vector<LayerPlan> layers,
                              const Platform& host);

}  // namespace bulkhead::image
