#include "tools/bulkhead/image_usage.h"

#include <catch2/catch.hpp>

#include "tools/bulkhead/image_use.h"

namespace bulkhead::cli {

namespace {

image::Digest digest(const std::string& text) {
    return image::digest_of(image::DigestAlgorithm::Sha256, std::as_bytes(std::span(text)));
}

image::Image image_with(const std::string& name, const std::vector<std::string>& layers) {
    image::Image image{digest(name), {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 10, 0, {}};
    for (const std::string& layer : layers) {
        image.layers.push_back(digest(layer));
        image.layer_bytes.push_back(layer.size() * 100);
    }
    return image;
}

}  // namespace

TEST_CASE("a layer that two images share is counted once") {
    const std::vector<image::Image> images = {image_with("a", {"base", "one"}),
                                              image_with("b", {"base", "base", "three"})};
    const ImageUsage usage(images);
    CHECK(usage.total() == 20 + 400 + 300 + 500);
    CHECK(usage.shared(images[0]) == 400);
    CHECK(usage.reclaimable({}) == usage.total());
    CHECK(usage.reclaimable({images[0].id.text()}) == 10 + 500);
    CHECK(usage.reclaimable({images[0].id.text(), images[1].id.text()}) == 0);
}

TEST_CASE("a container that runs is the stronger reason to keep an image") {
    ListedContainer stopped;
    stopped.image_id = "sha256:1";
    stopped.record.status = state::Status::Exited;
    ListedContainer running = stopped;
    running.record.status = state::Status::Running;
    const std::vector<ListedContainer> containers = {stopped, running};
    CHECK(user_of("sha256:1", containers) == &containers[1]);
    CHECK(user_of("sha256:2", containers) == nullptr);
}

}  // namespace bulkhead::cli
