// ImageStore: images as an archive that docker, podman and skopeo read: an OCI layout (image-spec,
// image-layout.md) with docker's manifest.json beside it. Layers are uncompressed, so a blob's
// digest is the layer's diff ID, and the image keeps its id.
#include <fcntl.h>

#include <algorithm>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/archive_writer.h"
#include "host/image/file_lock.h"
#include "host/image/image_store.h"
#include "host/image/json_fields.h"
#include "host/image/layer_path.h"
#include "host/image/layer_recipe.h"
#include "host/image/layer_store.h"
#include "host/image/limits.h"
#include "host/image/reference.h"
#include "host/image/reference_table.h"

namespace bulkhead::image {

namespace {

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr const char* kLayerType = "application/vnd.oci.image.layer.v1.tar";
constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";

std::string blob_path(const Digest& digest) {
    return "blobs/" + digest.path();
}

Json descriptor(const char* media_type, const Digest& digest, std::uint64_t size) {
    return {{"mediaType", media_type}, {"digest", digest.text()}, {"size", size}};
}

class Saver {
  public:
    Saver(const StorePaths& paths, const LayerStore& layers, ArchiveWriter& archive)
        : paths_(paths), layers_(layers), archive_(archive) {}

    Result<void> add(const Image& image, const std::vector<std::string>& names) {
        const std::string config =
            TRY(read_file(paths_.image(image.id, kConfigSuffix), kMaxJsonBytes));
        Json blobs = Json::array();
        Json paths = Json::array();
        for (const Digest& layer : image.layers) {
            const std::uint64_t size =
                TRY_CONTEXT(add_layer(layer), concat("layer ", layer.text()));
            blobs.push_back(descriptor(kLayerType, layer, size));
            paths.push_back(blob_path(layer));
        }
        TRY(archive_.add(blob_path(image.id), config));
        const std::string manifest =
            json_text({{"schemaVersion", 2},
                       {"mediaType", kManifestType},
                       {"config", descriptor(kConfigType, image.id, config.size())},
                       {"layers", std::move(blobs)}});
        const Digest digest =
            digest_of(DigestAlgorithm::Sha256, std::as_bytes(std::span(manifest)));
        TRY(archive_.add(blob_path(digest), manifest));
        add_names(image, names, descriptor(kManifestType, digest, manifest.size()),
                  std::move(paths));
        return {};
    }

    Result<void> finish() {
        TRY(archive_.add(
            "index.json",
            json_text({{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", index_}})));
        TRY(archive_.add("manifest.json", json_text(docker_)));
        TRY(archive_.add("oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
        return archive_.finish();
    }

  private:
    // Gives the size of its tar stream.
    Result<std::uint64_t> add_layer(const Digest& layer) {
        const UniqueFd data = TRY(open_file(layers_.data_path(layer), O_RDONLY));
        auto recipe = open_file(layers_.recipe_path(layer), O_RDONLY);
        if (!recipe)
            return Error(
                concat("an older version loaded it and did not keep what saving needs; "
                       "load the image again (",
                       recipe.error().message(), ")"));
        const auto stream = TRY(RecipeSource::open(recipe->get(), data.get()));
        const std::string name = blob_path(layer);
        if (archive_.has(name)) return stream->size();
        HashingSource verified(*stream, layer.algorithm(), kMaxLayerBytes);
        TRY(archive_.add(name, stream->size(), verified));
        if (TRY(verified.finish()) != layer)
            return Error("what is stored does not match its digest; load the image again");
        return stream->size();
    }

    void add_names(const Image& image, const std::vector<std::string>& names, Json manifest,
                   Json paths) {
        Json tags = Json::array();
        for (const std::string& name : names) {
            Json named = manifest;
            const auto reference = Reference::parse(name);
            named["annotations"] = {
                {"io.containerd.image.name", name},
                {"org.opencontainers.image.ref.name", reference ? reference->tag() : name}};
            index_.push_back(std::move(named));
            tags.push_back(familiar_reference(name));
        }
        if (names.empty()) index_.push_back(std::move(manifest));
        docker_.push_back({{"Config", blob_path(image.id)},
                           {"RepoTags", names.empty() ? Json() : std::move(tags)},
                           {"Layers", std::move(paths)}});
    }

    const StorePaths& paths_;
    const LayerStore& layers_;
    ArchiveWriter& archive_;
    Json index_ = Json::array();
    Json docker_ = Json::array();
};

// The tags of a repository, if the text is only its name.
std::vector<std::string> tags_of(const std::string& text, const ReferenceTable& table) {
    const auto reference = Reference::parse(text);
    std::vector<std::string> names;
    // A name that Reference has completed with a tag is shorter than what is shown.
    if (!reference || reference->digest() || text.ends_with(":" + reference->tag())) return names;
    for (const auto& [name, id] : table.images) {
        if (name.starts_with(reference->name() + ":")) names.push_back(name);
    }
    return names;
}

}  // namespace

Result<std::vector<ImageStore::Chosen>> ImageStore::choose(
    const std::vector<std::string>& references) const {
    const ReferenceTable table = TRY(ReferenceTable::read(paths_.references()));
    std::vector<Chosen> chosen;
    const auto add = [&](const Digest& id, const std::string& name) -> Result<void> {
        auto same = std::find_if(chosen.begin(), chosen.end(),
                                 [&](const Chosen& each) { return each.image.id == id; });
        if (same == chosen.end()) {
            chosen.push_back({TRY(find(id.text())), {}});
            same = chosen.end() - 1;
        }
        auto& names = same->names;
        if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(name);
        return {};
    };
    for (const std::string& reference : references) {
        const auto tags = tags_of(reference, table);
        for (const std::string& name : tags) TRY(add(table.images.at(name), name));
        if (!tags.empty()) continue;
        const Found found = TRY(resolve(reference, table));
        TRY(add(found.id, found.name));
    }
    return chosen;
}

Result<std::vector<Digest>> ImageStore::save(const std::vector<std::string>& references,
                                             int fd) const {
    // Layers stay until they are written.
    const FileLock in_use = TRY(FileLock::acquire(paths_.store_lock(), FileLock::Mode::Shared));
    const auto images = TRY(choose(references));
    const LayerStore layers = TRY(LayerStore::open(paths_.layers()));
    const auto archive = TRY(ArchiveWriter::open(fd));
    Saver saver(paths_, layers, *archive);
    std::vector<Digest> saved;
    for (const Chosen& each : images) {
        TRY_CONTEXT(saver.add(each.image, each.names),
                    concat("saving image ", each.image.id.text()));
        saved.push_back(each.image.id);
    }
    TRY_CONTEXT(saver.finish(), "saving images");
    return saved;
}

}  // namespace bulkhead::image
