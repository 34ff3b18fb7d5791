// Which containers and checkpoints need an image: it cannot go as long as one is there. Thread:
// main.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/image/image_store.h"
#include "tools/bulkhead/checkpoint_list.h"
#include "tools/bulkhead/listed_container.h"

namespace bulkhead::cli {

// The first of the containers that was made from the image.
const ListedContainer* user_of(const std::string& image_id,
                               const std::vector<ListedContainer>& containers);

struct ImageUsers {
    std::vector<ListedContainer> containers;
    std::vector<ListedCheckpoint> checkpoints;

    [[nodiscard]] bool need(const std::string& image_id) const {
        return user_of(image_id, containers) != nullptr ||
               checkpoint_of(image_id, checkpoints) != nullptr;
    }
};

Result<ImageUsers> image_users(const Context& context);

// docker's rules for rmi: a name may go if the image has another; the image itself goes neither
// while a container runs from it nor, unless forced, while one is there. A checkpoint is like a
// container that does not run.
Result<void> check_removable(const image::ImageStore& images, const std::string& reference,
                             const ImageUsers& users, bool force);

}  // namespace bulkhead::cli
