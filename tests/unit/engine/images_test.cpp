// What is done to images is told in the journal.
#include "host/engine/images.h"

#include <fcntl.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "host/engine/container_events.h"
#include "host/events/reader.h"
#include "host/image/image_commit.h"
#include "proto/container.pb.h"
#include "tests/support/image/image_builder.h"
#include "tests/support/image/tar_builder.h"
#include "tests/support/image/temp_dir.h"

namespace bulkhead::engine {

namespace {

using test::TarBuilder;
using test::TempDir;

class Fixture {
  public:
    Fixture()
        : paths{directory.path("root"), directory.path("state")},
          images(Images::open(paths).value()),
          reader(event_journal(paths).directory()) {
        test::write_layout(directory.path("app"),
                           {test::plain_layer(TarBuilder().file("app", "1").finish())});
    }

    std::string load() const {
        const auto loaded = images.load(directory.path("app"), {});
        REQUIRE(loaded);
        return loaded->front().id.text();
    }

    // Those since the last call: "image tag sha256:... NAME".
    std::vector<std::string> told() {
        std::vector<std::string> lines;
        while (const auto item = reader.next().value()) {
            const events::Event& event = item->event;
            lines.push_back(event.type + " " + event.action + " " + event.id + " " +
                            event.attributes.at("name"));
        }
        return lines;
    }

    TempDir directory;
    state::Paths paths;
    Images images;
    events::Reader reader;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("an image's life is told with its id, and a new name with that name") {
    Fixture fixture;
    const std::string id = fixture.load();
    CHECK(fixture.told() == Lines{"image load " + id + " " + id});
    REQUIRE(fixture.images.tag("app", "example.com/app:2"));
    CHECK(fixture.told() == Lines{"image tag " + id + " example.com/app:2"});
    const UniqueFd file =
        open_file(fixture.directory.path("app.tar"), O_WRONLY | O_CREAT, 0600).value();
    REQUIRE(fixture.images.save({"app", "example.com/app:2"}, file.get()));
    CHECK(fixture.told() == Lines{"image save " + id + " " + id});
    REQUIRE(fixture.images.remove("app", image::RemoveMode::Normal));
    CHECK(fixture.told() == Lines{"image untag " + id + " " + id});
    REQUIRE(fixture.images.remove(id, image::RemoveMode::Force));
    CHECK(fixture.told() == Lines{"image untag " + id + " " + id, "image delete " + id + " " + id});
}

TEST_CASE("what failed is not told") {
    Fixture fixture;
    CHECK_FALSE(fixture.images.load(fixture.directory.path("nowhere"), {}));
    CHECK_FALSE(fixture.images.tag("nowhere", "app"));
    CHECK_FALSE(fixture.images.remove("nowhere", image::RemoveMode::Force));
    CHECK_FALSE(fixture.images.save({"nowhere"}, -1));
    CHECK(fixture.told().empty());
}

TEST_CASE("a commit is its container's, and its name the image's") {
    Fixture fixture;
    fixture.load();
    const std::string layer = TarBuilder().file("new", "2").finish();
    const std::string path = fixture.directory.path("layer.tar");
    REQUIRE(write_file_atomically(path, layer, 0600));
    const UniqueFd file = open_file(path, O_RDONLY).value();
    fixture.told();
    state::Record record;
    record.id = "00ff";
    record.name = "web";
    const auto base = fixture.images.store().find("app").value().id;
    const auto made = fixture.images.commit(record, container::v1::Config(),
                                            {.base = base,
                                             .layer = file.get(),
                                             .name = "app:2",
                                             .author = {},
                                             .message = "why",
                                             .config = {},
                                             .changes = {}});
    REQUIRE(made);
    const std::string id = made->id.text();
    CHECK(fixture.told() == Lines{"image tag " + id + " app:2", "container commit 00ff web"});
}

}  // namespace bulkhead::engine
