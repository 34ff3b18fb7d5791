// Which containers need an image: it cannot go as long as one is there. Thread: main.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/image/image_store.h"
#include "tools/bulkhead/listed_container.h"

namespace bulkhead::cli {

// The first of the containers that was made from the image.
const ListedContainer* user_of(const std::string& image_id,
                               const std::vector<ListedContainer>& containers);

// docker's rules for rmi: a name may go if the image has another; the image itself goes neither
// while a container runs from it nor, unless forced, while one is there.
Result<void> check_removable(const image::ImageStore& images, const std::string& reference,
                             const std::vector<ListedContainer>& containers, bool force);

}  // namespace bulkhead::cli
