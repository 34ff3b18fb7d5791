#include "host/image/oci_manifest.h"

#include <algorithm>
#include <array>

#include "base/checked.h"
#include "base/text.h"
#include "host/image/json_fields.h"
#include "host/image/layer_path.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

constexpr const char* kReferenceName = "org.opencontainers.image.ref.name";
constexpr const char* kImageName = "io.containerd.image.name";
constexpr const char* kReferenceType = "vnd.docker.reference.type";

constexpr std::array<std::string_view, 6> kLayerTypes{
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
};

constexpr std::array<std::string_view, 2> kConfigTypes{
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
};

Result<Descriptor> parse_descriptor(const Json& value) {
    const std::string text = TRY(string_member(value, "digest"));
    Digest digest = TRY(Digest::parse(text));
    Descriptor descriptor{{}, std::move(digest), 0, {}, {}, {}, false};
    descriptor.media_type = TRY(string_member(value, "mediaType"));
    const auto size = TRY(integer_member(value, "size"));
    if (!size || !narrow<std::uint64_t>(*size))
        return Error(concat(descriptor.digest.text(), " has no valid size"));
    descriptor.size = static_cast<std::uint64_t>(*size);
    if (const Json* platform = member(value, "platform"); platform != nullptr) {
        auto os = TRY(string_member(*platform, "os"));
        auto architecture = TRY(string_member(*platform, "architecture"));
        auto variant = TRY(string_member(*platform, "variant"));
        descriptor.platform = Platform{std::move(os), std::move(architecture), std::move(variant)};
    }
    if (const Json* annotations = member(value, "annotations"); annotations != nullptr) {
        descriptor.reference_name = TRY(string_member(*annotations, kReferenceName));
        descriptor.image_name = TRY(string_member(*annotations, kImageName));
        descriptor.attestation = !TRY(string_member(*annotations, kReferenceType)).empty();
    }
    return descriptor;
}

Result<std::vector<Descriptor>> parse_descriptors(const Json& items) {
    std::vector<Descriptor> descriptors;
    for (const Json& item : items) descriptors.push_back(TRY(parse_descriptor(item)));
    return descriptors;
}

}  // namespace

Result<std::variant<OciIndex, OciManifest>> parse_oci_document(std::string_view json) {
    using Document = std::variant<OciIndex, OciManifest>;
    const Json value = TRY(parse_json(json));
    const Json* manifests = TRY(array_member(value, "manifests", kMaxDescriptors));
    const Json* config = member(value, "config");
    // A document that is both could mean different things to us and to whoever checked it
    // (CVE-2021-41190).
    if (manifests != nullptr && (config != nullptr || member(value, "layers") != nullptr)) {
        return Error("an index and a manifest at once");
    }
    if (manifests != nullptr) return Document(OciIndex{TRY(parse_descriptors(*manifests))});
    const Json* layers = TRY(array_member(value, "layers", kMaxLayers));
    if (member(value, "fsLayers") != nullptr) {
        return Error(
            "a Docker manifest of version 1, which is obsolete; convert the image with skopeo or "
            "docker");
    }
    if (config == nullptr) return Error("neither an index nor a manifest");
    OciManifest manifest{TRY(parse_descriptor(*config)), {}};
    if (std::find(kConfigTypes.begin(), kConfigTypes.end(), manifest.config.media_type) ==
        kConfigTypes.end()) {
        return Error(concat("not a container image: its config is of type \"",
                            printable(manifest.config.media_type), "\""));
    }
    if (layers != nullptr) manifest.layers = TRY(parse_descriptors(*layers));
    return Document(std::move(manifest));
}

Result<void> check_layer_type(const Descriptor& layer) {
    const std::string_view type = layer.media_type;
    if (std::find(kLayerTypes.begin(), kLayerTypes.end(), type) != kLayerTypes.end()) return {};
    const bool foreign = type.find("nondistributable") != std::string_view::npos ||
                         type.find(".foreign.") != std::string_view::npos;
    return Error(concat("layer ", layer.digest.text(), " is of type \"", printable(type), "\": ",
                        foreign ? "a foreign layer, whose content is not part of the image"
                                : "only tar layers are supported, plain or with gzip or zstd"));
}

}  // namespace bulkhead::image
