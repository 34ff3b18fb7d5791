// The file system that is written, by an independent reader: forms of inodes, directories,
// attributes, holes.
#include <string>

#include <catch2/catch.hpp>

#include "host/image/erofs_format.h"
#include "tests/support/image/composed_image.h"
#include "tests/support/image/tar_builder.h"

namespace bulkhead::image {

namespace {

using test::ComposedTree;
using test::TarBuilder;

}  // namespace

TEST_CASE("device numbers are encoded as Linux does") {
    CHECK(erofs::encode_device(1, 3) == 0x103);
    CHECK(erofs::encode_device(0xfff, 0xfffff) == 0xffffffff);
    const ComposedTree tree(
        {TarBuilder()
             .add({.path = "d", .type = '4', .mode = 0660, .major = 259, .minor = 70000})
             .finish()});
    CHECK(tree->at("d").mode == 0060660);
    CHECK(tree->at("d").major() == 259);
    CHECK(tree->at("d").minor() == 70000);
}

TEST_CASE("fifos, links and special mode bits are kept") {
    const ComposedTree tree({TarBuilder()
                                 .add({.path = "f", .type = '6', .mode = 0622})
                                 .directory("tmp", 01777)
                                 .file("su", "x", 06755)
                                 .symlink("l", "tmp/../su")
                                 .finish()});
    CHECK(tree->at("f").mode == 0010622);
    CHECK(tree->at("tmp").mode == 0041777);
    CHECK(tree->at("su").mode == 0106755);
    CHECK(tree->at("l").mode == 0120777);
    CHECK(tree->content("l") == "tmp/../su");
}

TEST_CASE("inodes are small unless something does not fit") {
    const ComposedTree tree({TarBuilder()
                                 .file("common1", "x")
                                 .file("common2", "x")
                                 .add({.path = "late", .mtime = 1'700'000'000})
                                 .add({.path = "fraction", .mtime_text = "1600000000.000000001"})
                                 .add({.path = "uid", .uid = 65536})
                                 .add({.path = "gid", .gid = 65536})
                                 .add({.path = "edge", .uid = 65535, .gid = 65535})
                                 .finish()});
    CHECK_FALSE(tree->at("common1").extended);
    CHECK_FALSE(tree->at("edge").extended);
    CHECK(tree->at("edge").uid == 65535);
    CHECK(tree->at("common1").mtime == 1'600'000'000);
    CHECK(tree->at("late").extended);
    CHECK(tree->at("late").mtime == 1'700'000'000);
    CHECK(tree->at("fraction").mtime_nanoseconds == 1);
    CHECK(tree->at("uid").uid == 65536);
    CHECK(tree->at("gid").gid == 65536);
}

TEST_CASE("files of every length around a block's have their content") {
    TarBuilder tar;
    for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 8192U, 100000U}) {
        tar.file("f" + std::to_string(size), std::string(size, 'x'));
    }
    const ComposedTree tree({tar.finish()});
    for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 8192U, 100000U}) {
        CHECK(tree->content("f" + std::to_string(size)) == std::string(size, 'x'));
    }
}

TEST_CASE("links of every length are kept, inline or not") {
    TarBuilder tar;
    for (const std::size_t size : {1U, 59U, 60U, 2000U, 4031U, 4032U, 4064U, 4065U, 4095U}) {
        tar.symlink("l" + std::to_string(size), std::string(size, 't'));
    }
    const ComposedTree tree({tar.finish()});
    for (const std::size_t size : {1U, 59U, 60U, 2000U, 4031U, 4032U, 4064U, 4065U, 4095U}) {
        CHECK(tree->content("l" + std::to_string(size)) == std::string(size, 't'));
    }
}

TEST_CASE("directories of every size keep all names, in the order of their bytes") {
    for (const int count : {0, 1, 100, 200, 250, 300, 1000, 20000}) {
        TarBuilder tar;
        tar.directory("d");
        for (int i = 0; i < count; ++i) tar.file("d/" + std::to_string(i), "");
        const ComposedTree tree({tar.finish()});
        CAPTURE(count);
        CHECK(tree->files().size() == static_cast<std::size_t>(count) + 2);
    }
}

TEST_CASE("names around the dots and above ASCII sort as unsigned bytes") {
    const ComposedTree tree({TarBuilder()
                                 .file("!", "")
                                 .file("-", "")
                                 .file("...", "")
                                 .file(".a", "")
                                 .file("/0", "")
                                 .file("\xff", "")
                                 .file("z", "")
                                 .finish()});
    CHECK(tree.names() == "! - ... .a 0 z \xff");
}

TEST_CASE("names of 255 bytes fill directory blocks to the last byte") {
    TarBuilder tar;
    for (int i = 0; i < 500; ++i) {
        std::string name = std::to_string(1000 + i);
        name.resize(static_cast<std::size_t>(i % 252) + 4, 'n');
        tar.file("d/" + name, "");
    }
    const ComposedTree tree({tar.finish()});
    CHECK(tree->files().size() == 502);
}

TEST_CASE("link counts of directories count their subdirectories") {
    const ComposedTree tree(
        {TarBuilder().directory("a/b").directory("a/c").file("a/f", "").finish()});
    CHECK(tree->at("a").links == 4);
    CHECK(tree->at("").links == 3);
}

TEST_CASE("more names than a small inode counts are counted in a large one") {
    TarBuilder tar;
    tar.file("f", "x");
    for (int i = 0; i < 66000; ++i) tar.hard_link("d/" + std::to_string(i), "f");
    const ComposedTree tree({tar.finish()});
    CHECK(tree->at("f").links == 66001);
    CHECK(tree->at("f").extended);
}

TEST_CASE("attributes are kept on every kind of file, however large") {
    const std::string capability("\x01\0\0\x02\0\x20\0\0", 8);
    const std::vector<std::pair<std::string, std::string>> xattrs{
        {"security.capability", capability},
        {"user.empty", ""},
        {"trusted.t", "1"},
        {"system.posix_acl_default", std::string(28, 'a')}};
    const ComposedTree tree(
        {TarBuilder()
             .add({.path = "f", .content = "data", .xattrs = xattrs})
             .add({.path = "d", .type = '5', .xattrs = xattrs})
             .add({.path = "l", .type = '2', .link = "t", .xattrs = {{"trusted.x", "y"}}})
             .add({.path = "big",
                   .content = "data",
                   .xattrs = {{"user.big", std::string(65000, 'v')}}})
             .add({.path = "biglink",
                   .type = '2',
                   .link = std::string(4000, 't'),
                   .xattrs = {{"trusted.big", std::string(5000, 'v')}}})
             .finish()});
    const std::map<std::string, std::string> expected(xattrs.begin(), xattrs.end());
    CHECK(tree->at("f").xattrs == expected);
    CHECK(tree->at("d").xattrs == expected);
    CHECK(tree->at("l").xattrs.at("trusted.x") == "y");
    CHECK(tree->at("big").xattrs.at("user.big") == std::string(65000, 'v'));
    CHECK(tree->content("big") == "data");
    CHECK(tree->content("l") == "t");
    CHECK(tree->content("biglink") == std::string(4000, 't'));
}

TEST_CASE("holes of a sparse file read as zeros and take no room on the disk") {
    const std::uint64_t size = 600 * 4096 + 10;
    const ComposedTree tree(
        {TarBuilder()
             .sparse("s", size, {{5 * 4096 + 100, "abc"}, {500 * 4096, std::string(9000, 'z')}})
             .finish()});
    const test::ErofsFile& file = tree->at("s");
    CHECK(file.size == size);
    CHECK(file.layout == 4);
    std::string expected(size, '\0');
    expected.replace(5 * 4096 + 100, 3, "abc");
    expected.replace(500 * 4096, 9000, std::string(9000, 'z'));
    CHECK(tree->content("s") == expected);
    CHECK(tree.image().disk.size() - tree.image().metadata_bytes == 4 * 4096);
}

TEST_CASE("a file of more than 4 GiB, mostly hole, is one with a small map") {
    const std::uint64_t size = (5ULL << 30U) + 3;
    const ComposedTree tree(
        {TarBuilder()
             .sparse("huge", size,
                     {{0, "first"}, {(4ULL << 30U) + 7, "middle"}, {size - 4, "last"}})
             .finish()});
    const test::ErofsFile& file = tree->at("huge");
    CHECK(file.size == size);
    CHECK(tree->read(file, 0, 6) == std::string("first\0", 6));
    CHECK(tree->read(file, (4ULL << 30U) + 6, 8) == std::string("\0middle\0", 8));
    CHECK(tree->read(file, size - 5, 10) == std::string("\0last", 5));
    CHECK(tree->read(file, 3ULL << 30U, 5000) == std::string(5000, '\0'));
    CHECK(tree.image().metadata_bytes < 128 * 1024);
}

TEST_CASE("a file that is only a hole has no data") {
    const ComposedTree tree(
        {TarBuilder().sparse("hole", 10ULL << 30U, {}).sparse("small", 100, {}).finish()});
    CHECK(tree->at("hole").size == 10ULL << 30U);
    CHECK(tree->read(tree->at("hole"), 9ULL << 30U, 10) == std::string(10, '\0'));
    CHECK(tree->content("small") == std::string(100, '\0'));
    CHECK(tree.image().disk.size() == tree.image().metadata_bytes);
}

TEST_CASE("the data of several layers stands behind the metadata, each at its place") {
    const ComposedTree tree({TarBuilder().file("a", std::string(5000, 'a')).finish(),
                             TarBuilder().finish(),
                             TarBuilder()
                                 .file("b", std::string(5000, 'b'))
                                 .sparse("c", 100 * 4096, {{50 * 4096, "c"}})
                                 .finish()});
    CHECK(tree->content("a") == std::string(5000, 'a'));
    CHECK(tree->content("b") == std::string(5000, 'b'));
    CHECK(tree->read(tree->at("c"), 50 * 4096, 2) == std::string("c\0", 2));
}

}  // namespace bulkhead::image
