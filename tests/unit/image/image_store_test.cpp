// The store: names, finding, removing, and several users at once.
#include "host/image/image_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "base/unique_fd.h"
#include "host/image/file_lock.h"
#include "tests/support/image/erofs_reader.h"
#include "tests/support/image/image_builder.h"
#include "tests/support/image/stitched_disk.h"
#include "tests/support/image/tar_builder.h"
#include "tests/support/image/temp_dir.h"

namespace bulkhead::image {

namespace {

using test::TarBuilder;
using test::TempDir;

const std::string kShared = TarBuilder().file("shared", std::string(10000, 's')).finish();

class Fixture {
  public:
    Fixture() : store(std::move(ImageStore::open(directory.path("store")).value())) {}

    // Makes and loads an image of the shared layer and one more with this text, named
    // "<name>:latest".
    Digest load(const std::string& name, const std::string& text) const {
        const std::string path = directory.path(name);
        std::filesystem::remove_all(path);
        test::write_layout(path, {test::gzip_layer(kShared),
                                  test::gzip_layer(TarBuilder().file("own", text).finish())});
        const auto loaded = store.load(path);
        REQUIRE(loaded.ok());
        return loaded->front().id;
    }

    [[nodiscard]] std::size_t files(const std::string& folder, const std::string& ending) const {
        std::size_t count = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(directory.path("store/" + folder))) {
            count += entry.path().string().ends_with(ending) ? 1U : 0U;
        }
        return count;
    }

    TempDir directory;
    ImageStore store;
};

bool missing(const Result<Image>& image) {
    return !image.ok() && image.error().is(std::errc::no_such_file_or_directory);
}

}  // namespace

TEST_CASE("an image is found by all of its names") {
    Fixture fixture;
    const Digest id = fixture.load("app", "1");
    const auto image = fixture.store.find("app");
    REQUIRE(image.ok());
    REQUIRE(image->digest.has_value());
    for (const std::string& name :
         {std::string("app:latest"), std::string("docker.io/library/app"), id.text(), id.hex(),
          id.hex().substr(0, 12), "sha256:" + id.hex().substr(0, 6), image->digest->text(),
          "app@" + image->digest->text()}) {
        CAPTURE(name);
        const auto found = fixture.store.find(name);
        REQUIRE(found.ok());
        CHECK(found->id == id);
    }
    for (const std::string& name :
         {std::string("app:other"), std::string("other"), "other@" + image->digest->text(),
          "sha256:" + std::string(64, '0')}) {
        CAPTURE(name);
        CHECK(missing(fixture.store.find(name)));
    }
    CHECK_FALSE(fixture.store.find("Not A Name").ok());
    CHECK_FALSE(fixture.store.find("").ok());
}

TEST_CASE("a beginning that several ids share is refused") {
    Fixture fixture;
    std::vector<std::string> hexes;
    for (int i = 0; i < 17; ++i)
        hexes.push_back(fixture.load("app" + std::to_string(i), std::to_string(i)).hex());
    std::sort(hexes.begin(), hexes.end());
    // Of 17 ids at least two start alike.
    const auto same =
        std::adjacent_find(hexes.begin(), hexes.end(),
                           [](const std::string& a, const std::string& b) { return a[0] == b[0]; });
    REQUIRE(same != hexes.end());
    const auto found = fixture.store.find(same->substr(0, 1));
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().message().find("several") != std::string::npos);
}

TEST_CASE("layers are stored once, read-only, and not read again") {
    Fixture fixture;
    fixture.load("one", "1");
    fixture.load("two", "2");
    CHECK(fixture.files("layers", ".data") == 3);
    CHECK(fixture.files("layers", ".index") == 3);
    CHECK(fixture.files("layers", ".partial") == 0);
    CHECK(fixture.store.load(fixture.directory.path("two"))->front().new_layers == 0);

    struct stat status {};

    const DiskSegment segment = fixture.store.find("one")->disk[1];
    REQUIRE(::stat(segment.path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0444);
}

TEST_CASE("loading another image under a name moves the name") {
    Fixture fixture;
    const Digest first = fixture.load("app", "1");
    const Digest second = fixture.load("app", "2");
    CHECK(fixture.store.find("app")->id == second);
    CHECK(fixture.store.find(first.text())->references.empty());
    CHECK(fixture.store.list()->size() == 2);
}

TEST_CASE("a name may be given with the load") {
    Fixture fixture;
    fixture.load("app", "1");
    LoadOptions options;
    options.name = "quay.io/mine:v2";
    const auto loaded = fixture.store.load(fixture.directory.path("app"), options);
    REQUIRE(loaded.ok());
    CHECK(loaded->front().references == std::vector<std::string>{"quay.io/mine:v2"});
    CHECK(fixture.store.find("app")->references ==
          std::vector<std::string>{"app:latest", "quay.io/mine:v2"});
    options.name = "Bad Name";
    CHECK_FALSE(fixture.store.load(fixture.directory.path("app"), options).ok());
}

TEST_CASE("an image gets another name, and loses them one by one") {
    Fixture fixture;
    const Digest id = fixture.load("app", "1");
    REQUIRE(fixture.store.tag("app", "copy:v1").ok());
    CHECK_FALSE(fixture.store.tag("nothing", "copy:v1").ok());
    const auto first = fixture.store.remove("app", RemoveMode::Normal);
    REQUIRE(first.ok());
    CHECK(first->untagged == std::vector<std::string>{"app:latest"});
    CHECK_FALSE(first->deleted.has_value());
    CHECK(fixture.files("layers", ".data") == 2);
    const auto last = fixture.store.remove("copy:v1", RemoveMode::Normal);
    REQUIRE(last.ok());
    CHECK(last->deleted == id);
    CHECK(last->deleted_layers == 2);
    CHECK(last->freed > 0);
    CHECK(fixture.files("layers", "") == 2);  // the folders
    CHECK(fixture.files("images", "") == 2);
    CHECK(missing(fixture.store.find(id.text())));
    CHECK_FALSE(fixture.store.remove("app", RemoveMode::Normal).ok());
}

TEST_CASE("layers that another image uses stay") {
    Fixture fixture;
    fixture.load("one", "1");
    fixture.load("two", "2");
    const auto report = fixture.store.remove("one", RemoveMode::Normal);
    REQUIRE(report.ok());
    CHECK(report->deleted_layers == 1);
    const auto other = fixture.store.find("two");
    REQUIRE(other.ok());
    const test::StitchedDisk disk = test::StitchedDisk::open(other->disk);
    CHECK(test::ErofsReader(disk).content("shared") == std::string(10000, 's'));
}

TEST_CASE("by its id an image goes with its names, unless they are of several repositories") {
    Fixture fixture;
    const Digest id = fixture.load("app", "1");
    REQUIRE(fixture.store.tag("app", "app:v2").ok());
    REQUIRE(fixture.store.tag("app", "other").ok());
    CHECK_FALSE(fixture.store.remove(id.hex().substr(0, 12), RemoveMode::Normal).ok());
    const auto report = fixture.store.remove(id.hex().substr(0, 12), RemoveMode::Force);
    REQUIRE(report.ok());
    CHECK(report->untagged.size() == 3);
    CHECK(report->deleted == id);
    const Digest again = fixture.load("app", "1");
    REQUIRE(fixture.store.tag("app", "app:v2").ok());
    CHECK(fixture.store.remove(again.text(), RemoveMode::Normal)->deleted == again);
}

TEST_CASE("removing does not wait for a load, which then removes what is unused") {
    Fixture fixture;
    fixture.load("one", "1");
    fixture.load("two", "2");
    {
        // As a load holds it.
        const auto busy =
            FileLock::acquire(fixture.directory.path("store/store.lock"), FileLock::Mode::Shared);
        REQUIRE(busy.ok());
        const auto report = fixture.store.remove("one", RemoveMode::Normal);
        REQUIRE(report.ok());
        CHECK(report->layers_deferred);
        CHECK(report->deleted_layers == 0);
        CHECK(fixture.files("layers", ".data") == 3);
    }
    fixture.load("two", "2");
    CHECK(fixture.files("layers", ".data") == 2);
}

TEST_CASE("an open disk outlives its image") {
    Fixture fixture;
    fixture.load("app", "1");
    const test::StitchedDisk disk = test::StitchedDisk::open(fixture.store.find("app")->disk);
    REQUIRE(fixture.store.remove("app", RemoveMode::Normal).ok());
    CHECK(test::ErofsReader(disk).content("own") == "1");
}

TEST_CASE("what a crash left behind is swept up") {
    Fixture fixture;
    const Digest id = fixture.load("app", "1");
    const std::string images = fixture.directory.path("store/images/sha256/");
    const std::string layers = fixture.directory.path("store/layers/sha256/");
    const std::string stray(64, '7');
    for (const std::string& path :
         {images + stray + ".erofs", images + id.hex() + ".json.Ab12Cd", layers + stray + ".data",
          layers + stray + ".partial", layers + stray + ".index.Ab12Cd"}) {
        test::write_text(path, "x");
    }
    fixture.load("app", "1");
    CHECK(fixture.files("", "x") == 2);  // the names of the two layers' indexes
    CHECK(fixture.files("", stray + ".data") == 0);
    CHECK(fixture.files("", ".partial") == 0);
    CHECK(fixture.files("", "Cd") == 0);
    CHECK(fixture.store.find("app").ok());
}

TEST_CASE("a damaged store says so, and loading again repairs it") {
    Fixture fixture;
    const Digest id = fixture.load("app", "1");
    const Image image = *fixture.store.find("app");
    std::string damaged;
    SECTION("a data file that is too short") {
        damaged = image.disk[1].path;
    }
    SECTION("metadata that is too short") {
        damaged = image.disk[0].path;
    }
    SECTION("a record that is cut off") {
        damaged = fixture.directory.path("store/images/sha256/" + id.hex() + ".json");
    }
    SECTION("a config that changed") {
        damaged = fixture.directory.path("store/images/sha256/" + id.hex() + ".config");
    }
    REQUIRE(::chmod(damaged.c_str(), 0600) == 0);
    test::write_text(damaged, "{}");
    const auto found = fixture.store.find("app");
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().message().find("load it again") != std::string::npos);
    fixture.load("app", "1");
    CHECK(fixture.store.find("app").ok());
}

TEST_CASE("an index file that is damaged makes the layer be read again") {
    Fixture fixture;
    fixture.load("app", "1");
    for (const auto& entry :
         std::filesystem::directory_iterator(fixture.directory.path("store/layers/sha256"))) {
        const std::string path = entry.path().string();
        if (!path.ends_with(".index")) continue;
        std::string content = test::read_text(path);
        content[30] ^= 1;
        REQUIRE(::chmod(path.c_str(), 0600) == 0);
        test::write_text(path, content);
    }
    CHECK(fixture.store.load(fixture.directory.path("app"))->front().new_layers == 2);
}

TEST_CASE("several loads, removals and look-ups at once leave a whole store") {
    Fixture fixture;
    for (int i = 0; i < 4; ++i) fixture.load("app" + std::to_string(i), std::to_string(i));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&fixture, i] {
            const std::string name = "app" + std::to_string(i);
            for (int round = 0; round < 10; ++round) {
                (void)fixture.store.remove(name, RemoveMode::Normal);
                (void)fixture.store.load(fixture.directory.path(name));
                (void)fixture.store.list();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (int i = 0; i < 4; ++i) {
        const auto image = fixture.store.find("app" + std::to_string(i));
        REQUIRE(image.ok());
        const test::StitchedDisk disk = test::StitchedDisk::open(image->disk);
        const test::ErofsReader tree(disk);
        CHECK(tree.content("own") == std::to_string(i));
        CHECK(tree.content("shared") == std::string(10000, 's'));
    }
    CHECK(fixture.files("layers", ".data") == 5);
}

TEST_CASE("progress ends with every layer present") {
    Fixture fixture;
    fixture.load("app", "1");
    std::size_t present = 0;
    LoadOptions options;
    options.progress = [&present](const LoadProgress& progress) {
        CHECK(progress.layers == 2);
        present += progress.present ? 1U : 0U;
    };
    REQUIRE(fixture.store.load(fixture.directory.path("app"), options).ok());
    CHECK(present == 2);
}

TEST_CASE("a store needs its parent directory") {
    const TempDir directory;
    CHECK_FALSE(ImageStore::open(directory.path("a/b")).ok());
}

}  // namespace bulkhead::image
