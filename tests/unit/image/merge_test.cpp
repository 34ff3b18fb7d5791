// What several layers make of each other, read back from the file system.
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/image/composed_image.h"
#include "tests/support/image/tar_builder.h"

namespace bulkhead::image {

namespace {

using test::ComposedTree;
using test::TarBuilder;

std::string error_of(const std::vector<std::string>& tars) {
    return test::compose_layers(tars)->error;
}

}  // namespace

TEST_CASE("no layers make an empty root") {
    const ComposedTree tree({});
    CHECK(tree.names().empty());
    CHECK(tree->at("").mode == 0040755);
    CHECK(tree->at("").links == 2);
}

TEST_CASE("the root's own attributes come from the layers") {
    const ComposedTree tree(
        {TarBuilder().directory("./", 0711).finish(), TarBuilder().file("a", "").finish()});
    CHECK(tree->at("").mode == 0040711);
}

TEST_CASE("a file of a higher layer replaces one below") {
    const ComposedTree tree({TarBuilder().file("a", "old").file("b", "kept").finish(),
                             TarBuilder().file("a", "new!", 0600).finish()});
    CHECK(tree->content("a") == "new!");
    CHECK(tree->at("a").mode == 0100600);
    CHECK(tree->content("b") == "kept");
}

TEST_CASE("of duplicates in one layer the last wins") {
    const ComposedTree tree({TarBuilder()
                                 .file("a", "1")
                                 .directory("b")
                                 .file("b/x", "")
                                 .file("a", "22")
                                 .file("b", "333")
                                 .finish()});
    CHECK(tree.names() == "a b");
    CHECK(tree->content("a") == "22");
    CHECK(tree->content("b") == "333");
}

TEST_CASE("a directory over a directory keeps what is inside and takes the new attributes") {
    const ComposedTree tree({TarBuilder().directory("d", 0700).file("d/a", "a").finish(),
                             TarBuilder().directory("d", 0755).file("d/b", "b").finish()});
    CHECK(tree.names() == "d d/a d/b");
    CHECK(tree->at("d").mode == 0040755);
}

TEST_CASE("kinds replace each other: directory by file, file by directory, link by directory") {
    const ComposedTree tree(
        {TarBuilder().directory("d").file("d/x", "").file("f", "").symlink("l", "d").finish(),
         TarBuilder()
             .file("d", "now a file")
             .directory("f")
             .file("f/y", "")
             .directory("l")
             .finish()});
    CHECK(tree.names() == "d f f/y l");
    CHECK(tree->content("d") == "now a file");
    CHECK(tree->at("l").mode == 0040755);
}

TEST_CASE("parents that no layer lists are made for root with mode 0755") {
    const ComposedTree tree({TarBuilder().file("a/b/c", "x").hard_link("p/q/r", "a/b/c").finish()});
    CHECK(tree.names() == "a a/b a/b/c p p/q p/q/r");
    CHECK(tree->at("a/b").mode == 0040755);
    CHECK(tree->at("a/b").uid == 0);
    CHECK(tree->at("a/b/c").links == 2);
}

TEST_CASE("a listed directory keeps its attributes when children came first") {
    const ComposedTree tree({TarBuilder().file("a/b", "x").directory("a", 0700).finish()});
    CHECK(tree->at("a").mode == 0040700);
}

TEST_CASE("files are written through symbolic links in their parents, within the root") {
    const std::string lower = TarBuilder()
                                  .directory("usr/lib")
                                  .symlink("lib", "usr/lib")
                                  .symlink("abs", "/usr/lib")
                                  .symlink("out", "../../../usr")
                                  .finish();
    const ComposedTree tree(
        {lower, TarBuilder().file("lib/a", "1").file("abs/b", "2").file("out/c", "3").finish()});
    CHECK(tree->content("usr/lib/a") == "1");
    CHECK(tree->content("usr/lib/b") == "2");
    CHECK(tree->content("usr/c") == "3");
    CHECK((tree->at("lib").mode & 0170000U) == 0120000);
}

TEST_CASE("a dangling link in a parent gets its target made") {
    const ComposedTree tree({TarBuilder().symlink("l", "x/y").file("l/f", "1").finish()});
    CHECK(tree->content("x/y/f") == "1");
}

TEST_CASE("a loop of links and a file as a parent are errors") {
    CHECK(error_of({TarBuilder().symlink("a", "b").symlink("b", "a").file("a/x", "").finish()})
              .find("too many symbolic links") != std::string::npos);
    CHECK(error_of({TarBuilder().file("a", "").file("a/x", "").finish()}).find("not a directory") !=
          std::string::npos);
}

TEST_CASE("hard links share one inode, across layers too") {
    const ComposedTree tree({TarBuilder().file("a", "data").hard_link("b", "a").finish(),
                             TarBuilder().hard_link("c/d", "b").finish()});
    CHECK(tree->at("a").nid == tree->at("b").nid);
    CHECK(tree->at("a").nid == tree->at("c/d").nid);
    CHECK(tree->at("a").links == 3);
    CHECK(tree->content("c/d") == "data");
}

TEST_CASE("a hard link keeps the old content when its target is replaced later") {
    const ComposedTree tree({TarBuilder().file("a", "old").hard_link("b", "a").finish(),
                             TarBuilder().file("a", "new").finish()});
    CHECK(tree->content("a") == "new");
    CHECK(tree->content("b") == "old");
    CHECK(tree->at("b").links == 1);
}

TEST_CASE("hard links to symbolic links and device nodes are links too") {
    const ComposedTree tree({TarBuilder()
                                 .symlink("s", "nowhere")
                                 .hard_link("t", "s")
                                 .add({.path = "n", .type = '3', .major = 1, .minor = 3})
                                 .hard_link("o", "n")
                                 .finish()});
    CHECK(tree->at("t").nid == tree->at("s").nid);
    CHECK(tree->at("o").minor() == 3);
    CHECK(tree->at("o").links == 2);
}

TEST_CASE("hard links to nothing, to a directory and out of the tree are errors") {
    CHECK(error_of({TarBuilder().hard_link("a", "b").finish()}).find("missing") !=
          std::string::npos);
    CHECK(
        error_of({TarBuilder().directory("d").hard_link("a", "d").finish()}).find("a directory") !=
        std::string::npos);
    CHECK_FALSE(error_of({TarBuilder().hard_link("a", "../b").finish()}).empty());
}

TEST_CASE("a hard link to itself changes nothing") {
    const ComposedTree tree({TarBuilder().file("a", "x").hard_link("a", "a").finish()});
    CHECK(tree->content("a") == "x");
    CHECK(tree->at("a").links == 1);
}

TEST_CASE("errors name the layer and the file") {
    const std::string error =
        error_of({TarBuilder().finish(), TarBuilder().hard_link("x/y", "gone").finish()});
    CHECK(error.find("layer sha256:") != std::string::npos);
    CHECK(error.find("\"/x/y\"") != std::string::npos);
}

TEST_CASE("a tree deeper than Linux can name is refused") {
    std::string deep = "d";
    for (int i = 0; i < 1500; ++i) deep += "/d";
    TarBuilder tar;
    tar.file(deep + "/f", "");
    tar.symlink("s", deep);
    CHECK(error_of({tar.finish()}).empty());
    std::string below = "s";
    for (int i = 0; i < 1500; ++i) below += "/e";
    tar.file(below + "/f", "");
    CHECK(error_of({tar.finish()}).find("nested deeper") != std::string::npos);
}

}  // namespace bulkhead::image
