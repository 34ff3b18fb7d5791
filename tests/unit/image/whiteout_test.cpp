// OCI image-spec, layer.md "Whiteouts": what a layer takes away from the layers below.
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/image/composed_image.h"
#include "tests/support/image/tar_builder.h"

namespace bulkhead::image {

namespace {

using test::ComposedTree;
using test::TarBuilder;

std::string lower() {
    return TarBuilder()
        .directory("d")
        .file("d/a", "lower")
        .file("d/b", "lower")
        .directory("d/s")
        .file("d/s/x", "")
        .file("top", "")
        .finish();
}

std::string names_after(const TarBuilder& upper) {
    return ComposedTree({lower(), upper.finish()}).names();
}

}  // namespace

TEST_CASE("a whiteout hides a file, a directory with its content, or nothing") {
    CHECK(names_after(TarBuilder().file("d/.wh.a", "")) == "d d/b d/s d/s/x top");
    CHECK(names_after(TarBuilder().file(".wh.d", "")) == "top");
    CHECK(names_after(TarBuilder().file("d/.wh.none", "").file("none/.wh.a", "")) ==
          "d d/a d/b d/s d/s/x top");
}

TEST_CASE("whiteouts leave no trace of their own") {
    const ComposedTree tree(
        {lower(), TarBuilder().file("d/.wh.a", "").file(".wh..wh..opq", "").finish()});
    for (const auto& [path, file] : tree->files()) CHECK(path.find(".wh.") == std::string::npos);
}

TEST_CASE("an opaque directory hides what layers below put into it, and not itself") {
    CHECK(names_after(TarBuilder().directory("d").file("d/.wh..wh..opq", "").file("d/new", "")) ==
          "d d/new top");
    CHECK(names_after(TarBuilder().file("d/.wh..wh..opq", "")) == "d top");
    CHECK(names_after(TarBuilder().file(".wh..wh..opq", "")).empty());
}

TEST_CASE("files of the layer itself stay, whether they stand before or behind the mark") {
    CHECK(names_after(TarBuilder().file("d/new", "").file("d/.wh..wh..opq", "")) == "d d/new top");
    CHECK(names_after(TarBuilder().file("d/.wh.a", "").file("d/a", "new")) ==
          "d d/a d/b d/s d/s/x top");
    CHECK(names_after(TarBuilder().file("d/a", "new").file("d/.wh.a", "")) ==
          "d d/a d/b d/s d/s/x top");
    CHECK(ComposedTree({lower(), TarBuilder().file("d/a", "new").file("d/.wh.a", "").finish()})
              ->content("d/a") == "new");
}

TEST_CASE("a directory that is hidden and listed again in one layer starts empty") {
    CHECK(names_after(TarBuilder().file(".wh.d", "").directory("d").file("d/n", "")) ==
          "d d/n top");
    CHECK(names_after(TarBuilder().directory("d").file("d/n", "").file(".wh.d", "")) ==
          "d d/n top");
    CHECK(names_after(TarBuilder().directory("d").file(".wh.d", "")) == "d top");
}

TEST_CASE("an opaque mark reaches directories below, and spares what the layer put there") {
    CHECK(names_after(TarBuilder().file("d/s/y", "").file("d/.wh..wh..opq", "")) ==
          "d d/s d/s/y top");
}

TEST_CASE("a link that a layer turns into an opaque directory does not empty the link's target") {
    const std::string usr = TarBuilder()
                                .directory("usr/lib")
                                .file("usr/lib/libc", "")
                                .symlink("lib", "usr/lib")
                                .finish();
    const ComposedTree replaced(
        {usr,
         TarBuilder().directory("lib").file("lib/.wh..wh..opq", "").file("lib/x", "").finish()});
    CHECK(replaced.names() == "lib lib/x usr usr/lib usr/lib/libc");
    const ComposedTree through({usr, TarBuilder().file("lib/.wh.libc", "").finish()});
    CHECK(through.names() == "lib usr usr/lib");
}

TEST_CASE("what a whiteout hid comes back when a higher layer adds it") {
    const ComposedTree tree({lower(), TarBuilder().file(".wh.d", "").finish(),
                             TarBuilder().file("d/a", "third").finish()});
    CHECK(tree.names() == "d d/a top");
    CHECK(tree->content("d/a") == "third");
}

TEST_CASE("a hidden name of a hard link leaves the other name") {
    const ComposedTree tree({TarBuilder().file("a", "x").hard_link("b", "a").finish(),
                             TarBuilder().file(".wh.a", "").finish()});
    CHECK(tree.names() == "b");
    CHECK(tree->content("b") == "x");
    CHECK(tree->at("b").links == 1);
}

TEST_CASE("a whiteout hides a name that is as long as names can be") {
    const std::string name(255, 'n');
    const ComposedTree tree(
        {TarBuilder().file(name, "").finish(), TarBuilder().file(".wh." + name, "").finish()});
    CHECK(tree.names().empty());
}

TEST_CASE("many marks on one large directory cost no more than one") {
    TarBuilder upper;
    for (int i = 0; i < 20000; ++i) upper.file("d/n" + std::to_string(i), "");
    for (int i = 0; i < 20000; ++i) upper.file("d/.wh..wh..opq", "");
    const ComposedTree tree({lower(), upper.finish()});
    CHECK(tree->files().size() == 20003);
}

}  // namespace bulkhead::image
