// What is saved loads as the same image.
#include <fcntl.h>

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "host/image/image_store.h"
#include "tests/support/image/image_builder.h"
#include "tests/support/image/tar_builder.h"
#include "tests/support/image/temp_dir.h"

namespace bulkhead::image {

namespace {

using test::TarBuilder;
using test::TempDir;

class Fixture {
  public:
    Fixture() : store(open("store")) {
        const std::string lower = TarBuilder().file("bin/sh", std::string(10'000, 's')).finish();
        const std::string upper = TarBuilder().file("etc/motd", "hello\n").finish();
        test::write_layout(directory.path("one"),
                           {test::gzip_layer(lower), test::zstd_layer(upper)});
        test::write_layout(directory.path("two"), {test::plain_layer(lower)});
        one = load(store, "one");
        two = load(store, "two");
    }

    ImageStore open(const std::string& name) const {
        return std::move(ImageStore::open(directory.path(name)).value());
    }

    std::string load(const ImageStore& into, const std::string& name) const {
        const auto loaded = into.load(directory.path(name));
        INFO((loaded ? "" : loaded.error().message()));
        REQUIRE(loaded);
        return loaded->front().id.text();
    }

    // The error, if there is one.
    std::string save(const std::vector<std::string>& names, const std::string& file) const {
        const UniqueFd fd =
            open_file(directory.path(file), O_WRONLY | O_CREAT | O_TRUNC, 0600).value();
        const auto saved = store.save(names, fd.get());
        return saved ? "" : saved.error().message();
    }

    std::string content(const std::string& file) const {
        return read_file(directory.path(file), 1 << 26).value();
    }

    TempDir directory;
    ImageStore store;
    std::string one;
    std::string two;
};

}  // namespace

TEST_CASE("a saved image loads with the id and the names that it had") {
    Fixture fixture;
    REQUIRE(fixture.store.tag("one", "example.com/deep/one:v1"));
    REQUIRE(fixture.save({"one", "example.com/deep/one:v1", "two"}, "all.tar").empty());
    const ImageStore other = fixture.open("other");
    const auto loaded = other.load(fixture.directory.path("all.tar"));
    REQUIRE(loaded);
    REQUIRE(loaded->size() == 2);
    CHECK(other.find("one").value().id.text() == fixture.one);
    CHECK(other.find("example.com/deep/one:v1").value().id.text() == fixture.one);
    CHECK(other.find("two").value().id.text() == fixture.two);
    CHECK(other.find("one").value().layers == fixture.store.find("one").value().layers);
}

TEST_CASE("the same images make the same archive, in whatever way they came") {
    Fixture fixture;
    REQUIRE(fixture.save({"one"}, "a.tar").empty());
    REQUIRE(fixture.store.remove("one", RemoveMode::Normal));
    REQUIRE(fixture.store.remove("two", RemoveMode::Normal));
    CHECK(fixture.load(fixture.store, "a.tar") == fixture.one);
    REQUIRE(fixture.save({"one"}, "b.tar").empty());
    CHECK(fixture.content("a.tar") == fixture.content("b.tar"));
}

TEST_CASE("a repository's name stands for all of its tags, an id for none") {
    Fixture fixture;
    REQUIRE(fixture.store.tag("one", "app:1"));
    REQUIRE(fixture.store.tag("two", "app:2"));
    REQUIRE(fixture.save({"app"}, "app.tar").empty());
    const ImageStore other = fixture.open("other");
    REQUIRE(other.load(fixture.directory.path("app.tar")));
    CHECK(other.find("app:1").value().id.text() == fixture.one);
    CHECK(other.find("app:2").value().id.text() == fixture.two);
    CHECK_FALSE(other.find("one:latest"));
    REQUIRE(fixture.save({fixture.one}, "id.tar").empty());
    CHECK(fixture.content("id.tar").find("\"RepoTags\":null") != std::string::npos);
}

TEST_CASE("what cannot be saved is said") {
    Fixture fixture;
    CHECK(fixture.save({"nowhere"}, "x.tar").find("no such image: nowhere") != std::string::npos);
    const auto layer = fixture.store.find("two").value().layers.front();
    const std::string base = fixture.directory.path("store") + "/layers/" + layer.path();
    std::filesystem::permissions(base + ".data", std::filesystem::perms(0600));
    {
        const UniqueFd data = open_file(base + ".data", O_WRONLY).value();
        REQUIRE(pwrite_full(data.get(), std::as_bytes(std::span("X", 1)), 100));
    }
    CHECK(fixture.save({"two"}, "x.tar").find("does not match its digest") != std::string::npos);
    std::filesystem::remove(base + ".recipe");
    CHECK(fixture.save({"two"}, "x.tar").find("load the image again") != std::string::npos);
    // Which helps.
    CHECK(fixture.load(fixture.store, "two") == fixture.two);
    CHECK(fixture.save({"two"}, "x.tar").empty());
}

}  // namespace bulkhead::image
