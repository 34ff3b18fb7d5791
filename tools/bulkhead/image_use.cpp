#include "tools/bulkhead/image_use.h"

#include <algorithm>

#include "base/text.h"
#include "host/image/reference.h"
#include "host/state/names.h"

namespace bulkhead::cli {

namespace {

// Whether the text names one of the image's names rather than the image by its id.
bool is_name_of(const image::Image& image, const std::string& text) {
    const auto reference = image::Reference::parse(text);
    return reference && std::find(image.references.begin(), image.references.end(),
                                  reference->familiar()) != image.references.end();
}

Result<void> check_checkpoints(const image::Image& image, const std::string& reference,
                               const ImageUsers& users, bool force) {
    const ListedCheckpoint* user = checkpoint_of(image.id.text(), users.checkpoints);
    if (user == nullptr || force) return {};
    return Error(concat("conflict: unable to remove image ", reference,
                        " (must be forced) - checkpoint ", user->name, " is using it"));
}

}  // namespace

Result<ImageUsers> image_users(const Context& context) {
    const auto store = TRY(state::StateStore::open(context.paths));
    auto checkpoints = TRY(checkpoint_store(context).list());
    return ImageUsers{list_containers(store), std::move(checkpoints)};
}

const ListedContainer* user_of(const std::string& image_id,
                               const std::vector<ListedContainer>& containers) {
    // One that runs is the stronger reason.
    const ListedContainer* user = nullptr;
    for (const ListedContainer& container : containers) {
        if (container.image_id != image_id) continue;
        if (state::is_live(container.record.status)) return &container;
        if (user == nullptr) user = &container;
    }
    return user;
}

Result<void> check_removable(const image::ImageStore& images, const std::string& reference,
                             const ImageUsers& users, bool force) {
    const auto image = images.find(reference);
    // Damaged images have to be removable, and what is missing is the store's to say.
    if (!image) return {};
    if (is_name_of(*image, reference) && image->references.size() > 1) return {};
    const ListedContainer* user = user_of(image->id.text(), users.containers);
    if (user == nullptr) return check_checkpoints(*image, reference, users, force);
    const bool runs = state::is_live(user->record.status);
    if (!runs && force) return {};
    return Error(concat("conflict: unable to remove image ", reference,
                        runs ? " (cannot be forced)" : " (must be forced)", " - ",
                        runs ? "running " : "", "container ", state::short_id(user->record.id),
                        " (", user->record.name, ") is using it"));
}

}  // namespace bulkhead::cli
