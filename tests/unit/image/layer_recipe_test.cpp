// A layer's tar stream comes out of its recipe and data file as it went in.
#include "host/image/layer_recipe.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "host/image/layer_import.h"
#include "tests/support/image/tar_builder.h"

namespace bulkhead::image {

namespace {

using test::TarBuilder;

class Fixture {
  public:
    // Imports the stream and its recipe; the error, if there is one.
    std::string record(const std::string& tar) {
        MemorySource source(std::as_bytes(std::span(tar)));
        RecipeRecorder recorder(source, recipe.get());
        HashingSource content(recorder, DigestAlgorithm::Sha256, kEnough);
        const auto index = import_layer(content, data.get(), &recorder);
        if (!index) return index.error().message();
        REQUIRE(content.finish());
        REQUIRE(recorder.finish());
        return "";
    }

    std::string replay() const {
        const auto source = RecipeSource::open(recipe.get(), data.get());
        if (!source) return "error: " + source.error().message();
        std::string text;
        std::string buffer(10'000, '\0');
        while (true) {
            const auto got = (*source)->read(std::as_writable_bytes(std::span(buffer)));
            if (!got) return "error: " + got.error().message();
            if (*got == 0) return text;
            text.append(buffer, 0, *got);
        }
    }

    std::uint64_t recipe_bytes() const { return file_size(recipe.get()).value(); }

    static constexpr std::uint64_t kEnough = 1ULL << 40;
    UniqueFd recipe{::memfd_create("recipe", MFD_CLOEXEC)};
    UniqueFd data{::memfd_create("data", MFD_CLOEXEC)};
};

std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& c : text) {
        state = state * 1664525U + 1013904223U;
        c = static_cast<char>(state >> 24U);
    }
    return text;
}

}  // namespace

TEST_CASE("a stream is made again byte for byte") {
    const std::string long_name(200, 'n');
    const std::string streams[] = {
        TarBuilder().finish(),
        TarBuilder().file("a", "one").file("b", "").file("a", "again").finish(),
        TarBuilder().file(long_name, noise(5000)).file("c", std::string(4096, 'x')).finish(),
        TarBuilder().file("sub/.wh.gone", "ignored").file("d", noise(512)).finish(),
        TarBuilder()
            .add({.path = "x", .xattrs = {{"user.a", noise(1000)}}})
            .add({.path = "dir", .type = '5'})
            .file("after", "z")
            .finish(),
        TarBuilder().file("a", "b").finish() + noise(20'000),
        TarBuilder().gnu_long_name(long_name, noise(700)).hard_link("l", long_name).finish(),
        TarBuilder()
            .sparse("holes", 3 << 20, {{0, noise(4096)}, {2 << 20, noise(5000)}})
            .file("behind", noise(100))
            .finish(),
    };
    for (const std::string& tar : streams) {
        Fixture fixture;
        CHECK(fixture.record(tar) == "");
        CHECK(fixture.replay() == tar);
    }
}

TEST_CASE("contents are not kept twice") {
    // More than the reader reads ahead, and the recorder holds back.
    const std::string tar =
        TarBuilder().file("large", noise(5 << 20)).file("more", noise(3 << 20)).finish();
    Fixture fixture;
    REQUIRE(fixture.record(tar).empty());
    CHECK(fixture.replay() == tar);
    CHECK(fixture.recipe_bytes() < 2000);
}

TEST_CASE("what is ignored is kept in the recipe, however large") {
    const std::string tar =
        TarBuilder().file(".wh.gone", noise(4 << 20)).file("kept", noise(1000)).finish();
    Fixture fixture;
    REQUIRE(fixture.record(tar).empty());
    CHECK(fixture.replay() == tar);
}

TEST_CASE("a damaged recipe is an error") {
    Fixture fixture;
    REQUIRE(fixture.record(TarBuilder().file("a", noise(9000)).finish()).empty());
    const std::uint64_t size = fixture.recipe_bytes();
    SECTION("no magic") {
        REQUIRE(::pwrite(fixture.recipe.get(), "X", 1, 0) == 1);
        CHECK(fixture.replay().find("it is none") != std::string::npos);
    }
    SECTION("another length") {
        REQUIRE(::pwrite(fixture.recipe.get(), "\1", 1, 8) == 1);
        CHECK(fixture.replay().find("not as long as it says") != std::string::npos);
    }
    SECTION("a length beyond all bounds") {
        REQUIRE(::pwrite(fixture.recipe.get(), "\xff", 1, 15) == 1);
        CHECK(fixture.replay().find("larger than") != std::string::npos);
    }
    SECTION("cut off") {
        REQUIRE(::ftruncate(fixture.recipe.get(), static_cast<off_t>(size - 5)) == 0);
        CHECK(fixture.replay().starts_with("error:"));
    }
    SECTION("empty") {
        REQUIRE(::ftruncate(fixture.recipe.get(), 0) == 0);
        CHECK(fixture.replay().starts_with("error:"));
    }
    SECTION("contents that are missing") {
        REQUIRE(::ftruncate(fixture.data.get(), 0) == 0);
        CHECK(fixture.replay().find("ends early") != std::string::npos);
    }
}

}  // namespace bulkhead::image
