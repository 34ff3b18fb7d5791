#include "host/image/image_plan.h"

#include "base/text.h"

namespace bulkhead::image {

Result<std::vector<ImagePlan>> plan_images(BlobContainer& container, const Platform& host,
                                           const std::string& base_name) {
    // Docker writes both since version 25; the layout is the one whose every blob has a digest.
    if (TRY(container.contains("index.json"))) return plan_oci_layout(container, host, base_name);
    if (TRY(container.contains("manifest.json"))) return plan_docker_archive(container, host);
    return Error("neither an OCI layout (index.json) nor a docker archive (manifest.json)");
}

Result<ImagePlan> finish_plan(std::string config, Digest id, std::vector<LayerPlan> layers,
                              const Platform& host) {
    ImageDescription description =
        TRY_CONTEXT(parse_image_description(config), concat("config ", id.text()));
    const Platform platform{description.os, description.architecture, description.variant};
    if (!can_run(host, platform)) {
        return Error(
            concat("the image is for ", platform.text(), ", and this machine runs ", host.text()));
    }
    if (description.diff_ids.size() != layers.size()) {
        return Error(concat("the manifest has ", layers.size(), " layers, and the config ",
                            description.diff_ids.size()));
    }
    return ImagePlan{std::move(id),     std::nullopt,           {},
                     std::move(config), std::move(description), std::move(layers)};
}

}  // namespace bulkhead::image
