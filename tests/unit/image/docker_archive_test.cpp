// Loading what `docker save` writes, in its old and its new form.
#include <string>

#include <catch2/catch.hpp>

#include "host/image/image_store.h"
#include "tests/support/image/erofs_reader.h"
#include "tests/support/image/image_builder.h"
#include "tests/support/image/stitched_disk.h"
#include "tests/support/image/tar_builder.h"
#include "tests/support/image/temp_dir.h"

namespace bulkhead::image {

namespace {

using test::LayoutBuilder;
using test::TarBuilder;
using test::TempDir;
using test::TestLayer;

class Fixture {
  public:
    Fixture() : store(std::move(ImageStore::open(directory.path("store")).value())) {}

    Result<std::vector<LoadedImage>> load(const std::string& archive) const {
        test::write_text(directory.path("image.tar"), archive);
        return store.load(directory.path("image.tar"));
    }

    std::string error(const std::string& archive) const {
        const auto loaded = load(archive);
        return loaded.ok() ? "" : loaded.error().message();
    }

    TempDir directory;
    ImageStore store;
};

std::string tar_with(const std::string& name) {
    return TarBuilder().file(name, name).finish();
}

// An archive of the given members with this manifest.json.
std::string archive(const std::string& manifest, const std::string& config,
                    const std::string& layer) {
    return TarBuilder()
        .file("config.json", config)
        .file("layer.tar", layer)
        .file("manifest.json", manifest)
        .finish();
}

const char* const kManifest =
    R"([{"Config":"config.json","RepoTags":["a:b"],"Layers":["layer.tar"]}])";

}  // namespace

TEST_CASE("an old docker archive is loaded, with a layer that it holds as a link") {
    Fixture fixture;
    const TestLayer one = test::plain_layer(tar_with("one"));
    const TestLayer two = test::plain_layer(tar_with("two"));
    const auto loaded =
        fixture.load(test::docker_archive({one, two, one}, "example.com/foo/bar:v1"));
    REQUIRE(loaded.ok());
    CHECK(loaded->front().references == std::vector<std::string>{"example.com/foo/bar:v1"});
    CHECK(loaded->front().new_layers == 2);
    const auto image = fixture.store.find("example.com/foo/bar:v1");
    REQUIRE(image.ok());
    CHECK_FALSE(image->digest.has_value());
    CHECK(image->config.cmd == std::vector<std::string>{"sh"});
    CHECK(image->layers.size() == 3);
    // The metadata and each different layer once.
    CHECK(image->disk.size() == 3);
    const test::StitchedDisk disk = test::StitchedDisk::open(image->disk);
    const test::ErofsReader tree(disk);
    CHECK(tree.content("one") == "one");
    CHECK(tree.content("two") == "two");
}

TEST_CASE("a new docker archive, which is an OCI layout too, is loaded by its layout") {
    Fixture fixture;
    const LayoutBuilder builder(fixture.directory.path("layout"));
    builder.finish({builder.image(
        {test::gzip_layer(tar_with("one"))},
        R"("annotations":{"io.containerd.image.name":"docker.io/library/busybox:1.36",)"
        R"("org.opencontainers.image.ref.name":"1.36"})")});
    test::write_text(builder.path() + "/manifest.json",
                     R"([{"Config":"nowhere","RepoTags":["other:1"],"Layers":[]}])");
    const auto loaded = fixture.load(test::tar_of_directory(builder.path()));
    REQUIRE(loaded.ok());
    CHECK(loaded->front().references == std::vector<std::string>{"busybox:1.36"});
    CHECK(fixture.store.find("busybox:1.36")->digest.has_value());
}

TEST_CASE("an archive with compressed layers and several images is loaded") {
    Fixture fixture;
    const TestLayer one = test::gzip_layer(tar_with("one"));
    const TestLayer two = test::zstd_layer(tar_with("two"));
    const std::string tar =
        TarBuilder()
            .file("c1", test::config_json({one}))
            .file("c2", test::config_json({one, two}))
            .file("l1", one.stored)
            .file("l2", two.stored)
            .file("manifest.json", R"([{"Config":"c1","RepoTags":["x:1","x:2"],"Layers":["l1"]},)"
                                   R"({"Config":"c2","RepoTags":null,"Layers":["l1","l2"]}])")
            .finish();
    const auto loaded = fixture.load(tar);
    REQUIRE(loaded.ok());
    REQUIRE(loaded->size() == 2);
    CHECK((*loaded)[0].references == std::vector<std::string>{"x:1", "x:2"});
    CHECK((*loaded)[1].references.empty());
    CHECK((*loaded)[1].new_layers == 1);
    CHECK(fixture.store.find((*loaded)[1].id.text()).ok());
}

TEST_CASE("a layer that is not the one of the config is refused") {
    Fixture fixture;
    const TestLayer layer = test::plain_layer(tar_with("one"));
    CHECK(fixture.error(archive(kManifest, test::config_json({layer}), tar_with("evil")))
              .find("diff ID") != std::string::npos);
    CHECK(fixture.error(archive(kManifest, test::config_json({layer}), layer.tar.substr(0, 700)))
              .find("tar") != std::string::npos);
    CHECK(fixture.error(archive(kManifest, test::config_json({layer}), layer.tar)).empty());
}

TEST_CASE("a config that is not the one that its name says is refused") {
    Fixture fixture;
    const std::string name = std::string(64, 'a') + ".json";
    const std::string tar =
        TarBuilder()
            .file(name, test::config_json({}))
            .file("manifest.json", R"([{"Config":")" + name + R"(","Layers":[]}])")
            .finish();
    CHECK(fixture.error(tar).find("does not match its digest") != std::string::npos);
}

TEST_CASE("archives that point outside or to nothing are refused") {
    Fixture fixture;
    const TestLayer layer = test::plain_layer(tar_with("one"));
    const std::string config = test::config_json({layer});
    for (const char* manifest :
         {"", "{}", "[]", "[1]", R"([{"Config":"../x","Layers":["layer.tar"]}])",
          R"([{"Config":"none","Layers":["layer.tar"]}])",
          R"([{"Config":"config.json","Layers":["../../etc/passwd"]}])",
          R"([{"Config":"config.json","Layers":["none"]}])",
          R"([{"Config":"config.json","Layers":[]}])",
          R"([{"Config":"config.json","Layers":"layer.tar"}])",
          R"([{"Config":"config.json","RepoTags":["UPPER"],"Layers":["layer.tar"]}])"}) {
        CAPTURE(manifest);
        CHECK_FALSE(fixture.error(archive(manifest, config, layer.tar)).empty());
    }
    const std::string loop =
        TarBuilder()
            .symlink("a", "b")
            .symlink("b", "a")
            .file("config.json", config)
            .file("manifest.json", R"([{"Config":"config.json","Layers":["a"]}])")
            .finish();
    CHECK(fixture.error(loop).find("symbolic links") != std::string::npos);
    CHECK(fixture.store.list()->empty());
}

}  // namespace bulkhead::image
