// Loading OCI layouts, right ones and ones that are wrong in one place.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>

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

    [[nodiscard]] std::string layout() const { return directory.path("app"); }

    // The error of loading the layout, or nothing.
    [[nodiscard]] std::string error(const std::string& path) const {
        const auto loaded = store.load(path);
        return loaded.ok() ? "" : loaded.error().message();
    }

    [[nodiscard]] std::string error() const { return error(layout()); }

    // No layer and no image may be left.
    [[nodiscard]] bool is_empty() const {
        for (const char* folder :
             {"store/layers/sha256", "store/layers/sha512", "store/images/sha256"}) {
            if (!std::filesystem::is_empty(directory.path(folder))) return false;
        }
        return true;
    }

    TempDir directory;
    ImageStore store;
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string hello_tar() {
    return TarBuilder().directory("etc").file("etc/hello", "world").finish();
}

std::string platform(const std::string& architecture, const std::string& variant = "") {
    return R"("platform":{"os":"linux","architecture":")" + architecture + "\"" +
           (variant.empty() ? "" : R"(,"variant":")" + variant + "\"") + "}";
}

std::string hello_of(const ImageStore& store, const std::string& reference) {
    const auto image = store.find(reference);
    if (!image.ok()) return image.error().message();
    const test::StitchedDisk disk = test::StitchedDisk::open(image->disk);
    return test::ErofsReader(disk).content("etc/hello");
}

}  // namespace

TEST_CASE("a layout is loaded, whatever its layers' compression") {
    Fixture fixture;
    const std::string first = hello_tar();
    const std::string second = TarBuilder().file("etc/second", "2").finish();
    const std::string third = TarBuilder().file("etc/third", "3").finish();
    test::write_layout(fixture.layout(), {test::plain_layer(first), test::gzip_layer(second),
                                          test::zstd_layer(third)});
    const auto loaded = fixture.store.load(fixture.layout());
    REQUIRE(loaded.ok());
    REQUIRE(loaded->size() == 1);
    CHECK(loaded->front().references == std::vector<std::string>{"app:latest"});
    CHECK(loaded->front().new_layers == 3);
    const auto image = fixture.store.find("app");
    REQUIRE(image.ok());
    CHECK(image->layers.size() == 3);
    const test::StitchedDisk disk = test::StitchedDisk::open(image->disk);
    CHECK(image->size == disk.size());
    const test::ErofsReader tree(disk);
    CHECK(tree.content("etc/hello") == "world");
    CHECK(tree.content("etc/second") == "2");
    CHECK(tree.content("etc/third") == "3");
}

TEST_CASE("a layout in an archive is loaded, compressed or not") {
    Fixture fixture;
    test::write_layout(fixture.layout(), {test::gzip_layer(hello_tar())});
    const std::string tar = test::tar_of_directory(fixture.layout());
    test::write_text(fixture.directory.path("one.tar"), tar);
    test::write_text(fixture.directory.path("two.tar.gz"), test::gzip(tar));
    test::write_text(fixture.directory.path("three.tar.zst"), test::zstd(tar));
    CHECK(fixture.error(fixture.directory.path("one.tar")).empty());
    CHECK(fixture.error(fixture.directory.path("two.tar.gz")).empty());
    CHECK(fixture.error(fixture.directory.path("three.tar.zst")).empty());
    for (const char* name : {"one", "two", "three"})
        CHECK(hello_of(fixture.store, name) == "world");
}

TEST_CASE("an archive is loaded from a pipe") {
    Fixture fixture;
    test::write_layout(fixture.layout(), {test::gzip_layer(hello_tar())});
    const std::string tar = test::tar_of_directory(fixture.layout());
    const std::string pipe = fixture.directory.path("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::thread writer([&] { test::write_text(pipe, tar); });
    const std::string error = fixture.error(pipe);
    writer.join();
    CHECK(error.empty());
    CHECK(hello_of(fixture.store, "pipe") == "world");
}

TEST_CASE("an image with no layers is loaded") {
    Fixture fixture;
    test::write_layout(fixture.layout(), {});
    CHECK(fixture.error().empty());
    CHECK(fixture.store.find("app")->disk.size() == 1);
}

TEST_CASE("blobs may be named by sha512") {
    Fixture fixture;
    TestLayer layer = test::gzip_layer(hello_tar());
    layer.digest = test::sha512_text(layer.stored);
    layer.diff_id = test::sha512_text(layer.tar);
    test::write_layout(fixture.layout(), {layer});
    CHECK(fixture.error().empty());
    CHECK(hello_of(fixture.store, "app") == "world");
}

TEST_CASE("a layer whose content does not match its digest is refused, and nothing stays") {
    Fixture fixture;
    const TestLayer layer = test::gzip_layer(hello_tar());
    test::write_layout(fixture.layout(), {layer});
    const LayoutBuilder builder(fixture.layout());
    std::string damaged = layer.stored;
    damaged[20] ^= 1;
    builder.blob_as(layer.digest, damaged);
    CHECK(contains(fixture.error(), "does not match its digest"));
    builder.blob_as(layer.digest, layer.stored.substr(0, layer.stored.size() - 1));
    CHECK(contains(fixture.error(), "the manifest says"));
    CHECK(fixture.is_empty());
}

TEST_CASE("a layer whose content does not match its diff ID is refused, and nothing stays") {
    Fixture fixture;
    TestLayer layer = test::gzip_layer(hello_tar());
    layer.diff_id = "sha256:" + std::string(64, '1');
    test::write_layout(fixture.layout(), {layer});
    CHECK(contains(fixture.error(), "does not match the diff ID"));
    CHECK(fixture.is_empty());
}

TEST_CASE("bytes behind the end of a layer's archive count for its diff ID") {
    Fixture fixture;
    TestLayer layer = test::plain_layer(hello_tar());
    layer.tar += "trailing";
    TestLayer longer = test::gzip_layer(layer.tar);
    test::write_layout(fixture.layout(), {longer});
    CHECK(fixture.error().empty());
    longer.diff_id = test::sha256_text(hello_tar());
    test::write_layout(fixture.directory.path("other"), {longer});
    // The layer of that diff ID is not there yet, so this one is read, and found out.
    CHECK(contains(fixture.error(fixture.directory.path("other")), "does not match the diff ID"));
}

TEST_CASE("manifest and config are checked against their digests") {
    Fixture fixture;
    const LayoutBuilder builder(fixture.layout());
    const std::string manifest = builder.image({test::gzip_layer(hello_tar())});
    builder.finish({manifest});
    for (const auto& entry :
         std::filesystem::directory_iterator(fixture.layout() + "/blobs/sha256")) {
        const std::string path = entry.path().string();
        const std::string content = test::read_text(path);
        if (content.front() != '{') continue;
        test::write_text(path, content + " ");
        CHECK(contains(fixture.error(), "does not match its digest"));
        test::write_text(path, content);
    }
    CHECK(fixture.error().empty());
}

TEST_CASE("of several platforms the machine's is taken, through nested indexes") {
    Fixture fixture;
    const LayoutBuilder builder(fixture.layout());
    const TestLayer layer = test::gzip_layer(hello_tar());
    const TestLayer other = test::gzip_layer(TarBuilder().file("etc/hello", "other").finish());
    const std::string arm =
        builder.image({other}, platform("arm64", "v8"), test::config_json({other}, "{}", "arm64"));
    const std::string amd = builder.image({layer}, platform("amd64"));
    const std::string attestation = builder.image(
        {},
        R"("platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"})");
    const std::string inner = builder.index({arm, attestation, amd});
    builder.finish({builder.index({inner})});
    CHECK(fixture.error().empty());
    CHECK(hello_of(fixture.store, "app") == "world");
}

TEST_CASE("a plain amd64 is preferred to a higher level of it") {
    Fixture fixture;
    const LayoutBuilder builder(fixture.layout());
    const TestLayer plain = test::gzip_layer(hello_tar());
    const TestLayer v3 = test::gzip_layer(TarBuilder().file("etc/hello", "v3").finish());
    builder.finish(
        {builder.image({v3}, platform("amd64", "v3")), builder.image({plain}, platform("amd64"))});
    CHECK(fixture.error().empty());
    CHECK(hello_of(fixture.store, "app") == "world");
}

TEST_CASE("an image for other machines is refused with what there is") {
    Fixture fixture;
    const LayoutBuilder builder(fixture.layout());
    const TestLayer layer = test::gzip_layer(hello_tar());
    builder.finish({builder.index({builder.image({layer}, platform("arm64", "v8")),
                                   builder.image({layer}, platform("s390x"))})});
    const std::string error = fixture.error();
    CHECK(contains(error, "linux/arm64/v8"));
    CHECK(contains(error, "linux/s390x"));
    // Without a platform in the manifest, the config says it.
    const LayoutBuilder silent(fixture.directory.path("silent"));
    silent.finish({silent.image({layer}, "", test::config_json({layer}, "{}", "arm64"))});
    CHECK(contains(fixture.error(silent.path()), "the image is for linux/arm64"));
    CHECK(fixture.is_empty());
}

TEST_CASE("foreign layers, encrypted layers and other artifacts are refused by name") {
    Fixture fixture;
    TestLayer layer = test::gzip_layer(hello_tar());
    layer.media_type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    test::write_layout(fixture.layout(), {layer});
    CHECK(contains(fixture.error(), "foreign layer"));
    layer.media_type = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted";
    test::write_layout(fixture.layout(), {layer});
    CHECK(contains(fixture.error(), "encrypted"));
    const LayoutBuilder builder(fixture.layout());
    const std::string chart = builder.blob("{}", "application/vnd.cncf.helm.config.v1+json");
    builder.finish({builder.blob(R"({"config":)" + chart + R"(,"layers":[]})",
                                 "application/vnd.oci.image.manifest.v1+json")});
    CHECK(contains(fixture.error(), "not a container image"));
}

TEST_CASE("symbolic links in a layout are not followed") {
    Fixture fixture;
    const TestLayer layer = test::gzip_layer(hello_tar());
    test::write_layout(fixture.layout(), {layer});
    const std::string blob = fixture.layout() + "/blobs/sha256/" + layer.digest.substr(7);
    const std::string outside = fixture.directory.path("outside");
    std::filesystem::rename(blob, outside);
    std::filesystem::create_symlink(outside, blob);
    CHECK(contains(fixture.error(), "symbolic links are not followed"));
    std::filesystem::remove(blob);
    REQUIRE(::mkfifo(blob.c_str(), 0600) == 0);
    CHECK(contains(fixture.error(), "not a regular file"));
    std::filesystem::remove(blob);
    std::filesystem::rename(fixture.layout() + "/blobs", fixture.directory.path("elsewhere"));
    std::filesystem::create_symlink(fixture.directory.path("elsewhere"),
                                    fixture.layout() + "/blobs");
    CHECK(contains(fixture.error(), "symbolic links are not followed"));
    CHECK(fixture.is_empty());
}

TEST_CASE("documents that are wrong are refused") {
    Fixture fixture;
    const LayoutBuilder builder(fixture.layout());
    const std::string traversal =
        R"({"mediaType":"x","size":1,"digest":"sha256:../../../../../../etc/passwd"})";
    for (const std::string& descriptor :
         {traversal, std::string(R"({"digest":"sha256:00","size":1})"), std::string("1"),
          std::string("{}")}) {
        builder.finish({descriptor});
        CAPTURE(descriptor);
        CHECK_FALSE(fixture.error().empty());
    }
    builder.finish({});
    CHECK(contains(fixture.error(), "no images"));
    for (const char* index :
         {"", "[]", "{\"manifests\":5}", R"({"manifests":[],"layers":[]})", R"({"fsLayers":[]})"}) {
        test::write_text(fixture.layout() + "/index.json", index);
        CAPTURE(index);
        CHECK_FALSE(fixture.error().empty());
    }
    builder.finish({builder.image({test::gzip_layer(hello_tar())})});
    test::write_text(fixture.layout() + "/oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
    CHECK(contains(fixture.error(), "2.0.0"));
    std::filesystem::resize_file(fixture.layout() + "/index.json", 5U << 20U);
    CHECK_FALSE(fixture.error().empty());
}

TEST_CASE("indexes that nest too deeply are refused") {
    Fixture fixture;
    const LayoutBuilder builder(fixture.layout());
    std::string descriptor = builder.image({test::gzip_layer(hello_tar())});
    for (int i = 0; i < 6; ++i) descriptor = builder.index({descriptor});
    builder.finish({descriptor});
    CHECK(contains(fixture.error(), "nested deeper"));
}

TEST_CASE("a manifest and a config that disagree on the layers are refused") {
    Fixture fixture;
    const TestLayer layer = test::gzip_layer(hello_tar());
    test::write_layout(fixture.layout(), {layer, layer}, test::config_json({layer}));
    CHECK(contains(fixture.error(), "2 layers"));
}

TEST_CASE("what is neither a layout nor an archive is refused") {
    Fixture fixture;
    std::filesystem::create_directory(fixture.layout());
    CHECK(contains(fixture.error(), "neither an OCI layout"));
    test::write_text(fixture.directory.path("junk"), "junk");
    CHECK(contains(fixture.error(fixture.directory.path("junk")), "not a valid tar archive"));
    CHECK(contains(fixture.error(fixture.directory.path("missing")), "No such file"));
    test::write_text(fixture.directory.path("other.tar"), hello_tar());
    CHECK(contains(fixture.error(fixture.directory.path("other.tar")), "neither an OCI layout"));
}

}  // namespace bulkhead::image
