// OCI image layout (image-spec, image-layout.md): index.json names manifests, or indexes of them
// for several platforms.
#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "host/image/image_plan.h"
#include "host/image/json_fields.h"
#include "host/image/layer_path.h"
#include "host/image/limits.h"
#include "host/image/oci_manifest.h"
#include "host/image/reference.h"

namespace bulkhead::image {

namespace {

class LayoutReader {
  public:
    LayoutReader(BlobContainer& container, const Platform& host)
        : container_(container), host_(host) {}

    Result<std::string> read_verified(const Descriptor& descriptor) {
        std::string content = TRY(container_.read(descriptor.path()));
        const Digest actual =
            digest_of(descriptor.digest.algorithm(), std::as_bytes(std::span(content)));
        if (actual != descriptor.digest || content.size() != descriptor.size) {
            return Error(concat(descriptor.path(), ": content does not match its digest and size"));
        }
        return content;
    }

    struct Selected {
        Descriptor descriptor;
        OciManifest manifest;
    };

    // The manifest for our platform among `candidates`, through nested indexes; nothing if there is
    // none.
    Result<std::optional<Selected>> select(std::vector<Descriptor> candidates, int depth) {
        if (depth > kMaxIndexDepth)
            return Error(concat("indexes nested deeper than ", kMaxIndexDepth));
        // A plain "amd64" before its variants: a higher x86-64 level may be more than the machine
        // has.
        std::stable_sort(
            candidates.begin(), candidates.end(),
            [](const Descriptor& a, const Descriptor& b) { return variant(a) < variant(b); });
        for (const Descriptor& candidate : candidates) {
            if (++looked_at_ > kMaxDescriptors)
                return Error(concat("more than ", kMaxDescriptors, " manifests"));
            if (candidate.attestation) continue;
            if (candidate.platform && !can_run(host_, *candidate.platform)) {
                seen_.insert(candidate.platform->text());
                continue;
            }
            const std::string text = TRY(read_verified(candidate));
            auto document = TRY_CONTEXT(parse_oci_document(text), candidate.digest.text());
            if (auto* index = std::get_if<OciIndex>(&document); index != nullptr) {
                auto found = TRY(select(std::move(index->manifests), depth + 1));
                if (found) return found;
                continue;
            }
            return std::optional<Selected>(
                Selected{candidate, std::get<OciManifest>(std::move(document))});
        }
        return std::optional<Selected>();
    }

    Result<ImagePlan> plan(std::vector<Descriptor> candidates) {
        seen_.clear();
        auto selected = TRY(select(std::move(candidates), 0));
        if (!selected) return no_match();
        std::vector<LayerPlan> layers;
        for (const Descriptor& layer : selected->manifest.layers) {
            TRY(check_layer_type(layer));
            layers.push_back({layer.path(), layer.digest, layer.size});
        }
        const Descriptor& config = selected->manifest.config;
        std::string text = TRY(read_verified(config));
        auto plan = TRY(finish_plan(std::move(text), config.digest, std::move(layers), host_));
        plan.digest = selected->descriptor.digest;
        return plan;
    }

  private:
    static std::string variant(const Descriptor& descriptor) {
        return descriptor.platform ? descriptor.platform->variant : std::string();
    }

    [[nodiscard]] Error no_match() const {
        std::string others;
        for (const std::string& platform : seen_)
            others += (others.empty() ? "" : ", ") + printable(platform);
        return Error(concat("no image for ", host_.text(),
                            others.empty() ? "" : "; there is one for ", others));
    }

    BlobContainer& container_;
    const Platform& host_;
    std::size_t looked_at_ = 0;
    std::set<std::string> seen_;
};

// The complete reference that a descriptor of index.json gives its image; empty for none.
std::string reference_of(const Descriptor& descriptor, const std::string& base_name) {
    if (auto named = Reference::parse(descriptor.image_name); named.ok()) return named->text();
    const std::string& name = descriptor.reference_name;
    if (!is_tag(name)) {
        auto complete = Reference::parse(name);
        return complete.ok() ? complete->text() : std::string();
    }
    auto tagged = Reference::parse(concat(base_name, ":", name));
    return tagged.ok() ? tagged->text() : std::string();
}

Result<void> check_layout_version(BlobContainer& container) {
    const std::string text = TRY(container.read("oci-layout"));
    const Json value = TRY_CONTEXT(parse_json(text), "oci-layout");
    const std::string version =
        TRY_CONTEXT(string_member(value, "imageLayoutVersion"), "oci-layout");
    if (!version.starts_with("1.")) {
        return Error(concat("oci-layout: version \"", printable(version), "\" is not supported"));
    }
    return {};
}

}  // namespace

Result<std::vector<ImagePlan>> plan_oci_layout(BlobContainer& container, const Platform& host,
                                               const std::string& base_name) {
    TRY(check_layout_version(container));
    const std::string text = TRY(container.read("index.json"));
    auto document = TRY_CONTEXT(parse_oci_document(text), "index.json");
    auto* index = std::get_if<OciIndex>(&document);
    if (index == nullptr) return Error("index.json is not an index");

    // Descriptors of one name are one image for several platforms; so are those without a name.
    std::map<std::string, std::vector<Descriptor>> groups;
    for (Descriptor& descriptor : index->manifests) {
        groups[reference_of(descriptor, base_name)].push_back(std::move(descriptor));
    }
    if (groups.empty()) return Error("the layout has no images");
    const bool only_unnamed = groups.size() == 1 && groups.begin()->first.empty();

    LayoutReader reader(container, host);
    const auto fallback = Reference::parse(base_name);
    std::vector<ImagePlan> plans;
    for (auto& [name, candidates] : groups) {
        ImagePlan plan =
            TRY_CONTEXT(reader.plan(std::move(candidates)), name.empty() ? "image" : name);
        if (!name.empty()) plan.names.push_back(name);
        if (only_unnamed && fallback.ok()) plan.names.push_back(fallback->text());
        const auto same = std::find_if(plans.begin(), plans.end(),
                                       [&](const ImagePlan& p) { return p.id == plan.id; });
        if (same == plans.end()) {
            plans.push_back(std::move(plan));
        } else {
            same->names.insert(same->names.end(), plan.names.begin(), plan.names.end());
        }
    }
    return plans;
}

}  // namespace bulkhead::image
