// What `docker save` writes: manifest.json lists images, each with its config, its tags and its
// layers (moby image/spec). Layers carry no digest of their own; their diff IDs are in the config.
#include "base/text.h"
#include "host/image/image_plan.h"
#include "host/image/json_fields.h"
#include "host/image/layer_path.h"
#include "host/image/limits.h"
#include "host/image/reference.h"

namespace bulkhead::image {

namespace {

constexpr std::size_t kMaxImages = 256;

// Old archives call the config "<hex>.json", new ones "blobs/sha256/<hex>": both say its digest.
Result<void> check_config_name(std::string_view path, const Digest& id) {
    std::string_view name = split_path(path).second;
    if (name.ends_with(".json")) name.remove_suffix(5);
    if (name.size() == id.hex().size() && is_lower_hex(name) && name != id.hex()) {
        return Error(concat(path, ": content does not match its digest"));
    }
    return {};
}

Result<ImagePlan> plan_image(BlobContainer& container, const Platform& host, const Json& item) {
    const std::string stated_name = TRY(string_member(item, "Config"));
    const std::string config_name = TRY(normalise_path(stated_name));
    if (config_name.empty()) return Error("no \"Config\"");
    std::string config = TRY(container.read(config_name));
    Digest id = digest_of(DigestAlgorithm::Sha256, std::as_bytes(std::span(config)));
    TRY(check_config_name(config_name, id));

    std::vector<LayerPlan> layers;
    for (const std::string& layer : TRY(strings_member(item, "Layers"))) {
        if (layers.size() == kMaxLayers) return Error(concat("more than ", kMaxLayers, " layers"));
        layers.push_back({TRY(normalise_path(layer)), std::nullopt, 0});
    }
    auto plan = TRY(finish_plan(std::move(config), std::move(id), std::move(layers), host));
    for (const std::string& tag : TRY(strings_member(item, "RepoTags"))) {
        plan.names.push_back(TRY(Reference::parse(tag)).text());
    }
    return plan;
}

}  // namespace

Result<std::vector<ImagePlan>> plan_docker_archive(BlobContainer& container, const Platform& host) {
    const std::string text = TRY(container.read("manifest.json"));
    const Json value = TRY_CONTEXT(parse_json(text), "manifest.json");
    if (!value.is_array() || value.empty() || value.size() > kMaxImages) {
        return Error(concat("manifest.json is not a list of 1 to ", kMaxImages, " images"));
    }
    std::vector<ImagePlan> plans;
    for (const Json& item : value) {
        plans.push_back(TRY_CONTEXT(plan_image(container, host, item), "manifest.json"));
    }
    return plans;
}

}  // namespace bulkhead::image
