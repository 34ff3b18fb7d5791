#include "host/engine/images.h"

#include "base/log.h"
#include "base/realtime.h"
#include "host/engine/container_events.h"
#include "host/image/image_commit.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

std::string image_store_path(const state::Paths& paths) {
    return paths.root + "/images";
}

Result<Images> Images::open(const state::Paths& paths) {
    TRY(state::make_directories(paths.root));
    return Images(TRY(image::ImageStore::open(image_store_path(paths))), event_journal(paths));
}

Images::Labels Images::labels_of(std::string_view reference_or_id) const {
    const auto image = store_.find(reference_or_id);
    if (!image) return {};
    return {image->config.labels.begin(), image->config.labels.end()};
}

// docker's name of an image in events is its id, except where an event is about a name.
void Images::emit(std::string_view action, const std::string& id, const std::string& name,
                  const Labels& labels) const {
    events::Event event{realtime_ns(), "image", std::string(action), id, {}};
    for (const auto& [key, value] : labels) event.attributes[key] = value;
    event.attributes["name"] = name;
    if (const auto written = journal_.append(event); !written)
        log::warning(written.error().message());
}

Result<std::vector<image::LoadedImage>> Images::load(const std::string& path,
                                                     const image::LoadOptions& options) const {
    image::LoadOptions with_events = options;
    with_events.loaded = [&](const image::LoadedImage& image) {
        const std::string id = image.id.text();
        emit("load", id, id, labels_of(id));
        if (options.loaded) options.loaded(image);
    };
    return store_.load(path, with_events);
}

Result<image::LoadedImage> Images::commit(const state::Record& container,
                                          const container::v1::Config& config,
                                          const image::ImageCommit& commit) const {
    auto made = TRY(store_.commit(commit));
    const std::string id = made.id.text();
    const std::string name = made.references.empty() ? "" : made.references.front();
    if (!name.empty()) emit("tag", id, name, labels_of(id));
    ContainerEvents(journal_, container, config)
        .emit("commit", {{"comment", commit.message}, {"imageID", id}, {"imageRef", name}});
    return made;
}

Result<image::RemoveReport> Images::remove(std::string_view reference_or_id,
                                           image::RemoveMode mode) const {
    const Labels labels = labels_of(reference_or_id);
    auto report = TRY(store_.remove(reference_or_id, mode));
    const std::string id = report.image ? report.image->text() : "";
    for (std::size_t i = 0; i < report.untagged.size(); ++i) emit("untag", id, id, labels);
    if (report.deleted) emit("delete", id, id, labels);
    return report;
}

Result<void> Images::save(const std::vector<std::string>& references, int fd) const {
    for (const image::Digest& image : TRY(store_.save(references, fd))) {
        const std::string id = image.text();
        emit("save", id, id, labels_of(id));
    }
    return {};
}

Result<void> Images::tag(std::string_view reference_or_id, std::string_view new_reference) const {
    const image::Tagged tagged = TRY(store_.tag(reference_or_id, new_reference));
    emit("tag", tagged.id.text(), tagged.name, labels_of(tagged.id.text()));
    return {};
}

}  // namespace bulkhead::engine
