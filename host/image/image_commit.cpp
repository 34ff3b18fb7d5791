#include "host/image/image_commit.h"

#include <array>
#include <ctime>
#include <map>

#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/byte_source.h"
#include "host/image/checked_import.h"
#include "host/image/config_change.h"
#include "host/image/file_lock.h"
#include "host/image/image_loader.h"
#include "host/image/image_plan.h"
#include "host/image/image_store.h"
#include "host/image/json_fields.h"
#include "host/image/limits.h"
#include "host/image/reference.h"

namespace bulkhead::image {

namespace {

std::string now_text() {
    std::array<char, 32> text{};
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

// Empty values leave a member out, as docker does.
template <class Value>
void set_member(Json& config, const char* name, const Value& value) {
    if (value.empty()) {
        config.erase(name);
    } else {
        config[name] = value;
    }
}

void set_process(Json& config, const ImageConfig& process) {
    set_member(config, "Env", process.env);
    set_member(config, "Entrypoint", process.entrypoint);
    set_member(config, "Cmd", process.cmd);
    set_member(config, "WorkingDir", process.working_dir);
    set_member(config, "User", process.user);
    set_member(config, "Labels", process.labels);
    set_member(config, "StopSignal", process.stop_signal);
}

Result<Digest> digest_of_file(int file, std::uint64_t size) {
    FileSource source(file, 0, size);
    HashingSource hashed(source, DigestAlgorithm::Sha256, kMaxLayerBytes);
    return hashed.finish();
}

Result<LayerStore::Added> add_layer(const LayerStore& layers, const Digest& diff_id, int file,
                                    std::uint64_t size) {
    return layers.add(diff_id, [&](const LayerFiles& files) -> Result<LayerIndex> {
        FileSource source(file, 0, size);
        return import_checked(source, files, diff_id);
    });
}

// The base's layers, which are there, and the new one.
Result<ComposedImage> compose_commit(const LayerStore& layers, const ImagePlan& plan,
                                     LayerStore::Added added) {
    const auto& diff_ids = plan.description.diff_ids;
    ComposedImage composed;
    composed.new_layers = added.imported ? 1 : 0;
    std::map<Digest, LayerIndex> indexes;
    indexes.emplace(diff_ids.back(), std::move(added.index));
    std::vector<const LayerIndex*> order;
    for (const Digest& diff_id : diff_ids) {
        auto found = indexes.find(diff_id);
        if (found == indexes.end())
            found = indexes.emplace(diff_id, TRY(layers.load(diff_id))).first;
        order.push_back(&found->second);
        composed.layer_bytes.push_back(found->second.data_blocks * kBlockSize);
    }
    composed.metadata = TRY(compose(order, diff_ids, plan.id));
    return composed;
}

}  // namespace

Result<std::string> committed_config(std::string_view base_config, const ImageCommit& commit,
                                     const Digest& diff_id, std::string_view created) {
    Json image = TRY(parse_json(base_config));
    if (!image.is_object()) return Error("the image's configuration is not a JSON object");
    const Json* before = member(image, "config");
    Json config = before != nullptr && before->is_object() ? *before : Json::object();
    set_process(config, commit.config);
    const std::string changed = TRY(change_config(json_text(config), commit.changes));
    image["config"] = TRY(parse_json(changed));
    image["created"] = created;
    set_member(image, "author", commit.author);
    // docker's own notes about where an image was made.
    for (const char* name : {"container", "container_config", "id", "parent"}) image.erase(name);
    if (!image["history"].is_array()) image["history"] = Json::array();
    Json step = {{"created", created}, {"created_by", "bulkhead commit"}};
    set_member(step, "author", commit.author);
    set_member(step, "comment", commit.message);
    image["history"].push_back(std::move(step));
    image["rootfs"]["type"] = "layers";
    image["rootfs"]["diff_ids"].push_back(diff_id.text());
    return json_text(image);
}

Result<LoadedImage> ImageStore::commit(const ImageCommit& commit) const {
    std::vector<std::string> names;
    if (!commit.name.empty()) {
        const Reference reference = TRY(Reference::parse(commit.name));
        if (reference.digest()) return Error("the new image's name must not have a digest");
        names.push_back(reference.text());
    }
    auto done = [&]() -> Result<LoadedImage> {
        const FileLock in_use = TRY(FileLock::acquire(paths_.store_lock(), FileLock::Mode::Shared));
        const LayerStore layers = TRY(LayerStore::open(paths_.layers()));
        const std::string base =
            TRY_CONTEXT(read_file(paths_.image(commit.base, kConfigSuffix), kMaxJsonBytes),
                        "the container's image");
        const std::uint64_t size = TRY(file_size(commit.layer));
        const Digest diff_id = TRY(digest_of_file(commit.layer, size));
        std::string config = TRY(committed_config(base, commit, diff_id, now_text()));
        const Digest id = digest_of(DigestAlgorithm::Sha256, std::as_bytes(std::span(config)));
        ImageDescription description = TRY(parse_image_description(config));
        const ImagePlan plan{id, std::nullopt, names, std::move(config), std::move(description),
                             {}};
        auto added = TRY(add_layer(layers, diff_id, commit.layer, size));
        const ComposedImage composed = TRY(compose_commit(layers, plan, std::move(added)));
        return publish(plan, composed);
    }();
    // What a commit that failed left without use.
    if (RemoveReport report; !done) static_cast<void>(collect(report));
    return done;
}

}  // namespace bulkhead::image
