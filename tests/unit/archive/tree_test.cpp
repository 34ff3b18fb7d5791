#include <sys/xattr.h>

#include <map>

#include <catch2/catch.hpp>

#include "archive/extract.h"
#include "archive/tree_writer.h"
#include "tests/unit/archive/archive_file.h"

namespace bulkhead::archive {

namespace {

std::map<std::string, Entry> archived(const TestDirectory& directory, const std::string& leaf,
                                      const TreeOptions& options, const MemoryFile& file) {
    TarWriter writer(file.fd());
    REQUIRE(write_tree(writer, directory.fd(), leaf, options));
    REQUIRE(writer.finish());
    file.rewind();
    TarReader tar(file.fd(), EndMark::Required);
    std::map<std::string, Entry> members;
    for (;;) {
        auto next = tar.next();
        REQUIRE(next);
        if (!*next) return members;
        members.emplace((*next)->path, **next);
    }
}

}  // namespace

TEST_CASE("a tree comes back whole: links, holes, attributes, odd names") {
    const TestDirectory from;
    const std::string odd = "not \xff utf-8 " + std::string(150, 'n');
    std::filesystem::create_directories(from.at("t/deep/er"));
    from.write("t/deep/" + odd, "odd");
    from.write("t/file", "content");
    std::filesystem::create_hard_link(from.at("t/file"), from.at("t/deep/hard"));
    std::filesystem::create_symlink("../file", from.at("t/deep/soft"));
    const UniqueFd sparse = open_file(from.at("t/sparse"), O_RDWR | O_CREAT, 0600).value();
    REQUIRE(pwrite_full(sparse.get(), std::as_bytes(std::span("end", 3)), 5 << 20));
    const bool xattrs = ::setxattr(from.at("t/file").c_str(), "user.note", "n", 1, 0) == 0;

    MemoryFile file;
    const auto members = archived(from, "t", {.name = "copy", .visit = {}}, file);
    CHECK(members.contains("copy/"));
    CHECK(members.contains("copy/deep/" + odd));
    CHECK(members.at("copy/sparse").runs);
    CHECK(file.size() < 1 << 20);
    const TestDirectory to;
    file.rewind();
    TarReader tar(file.fd(), EndMark::Required);
    const auto bytes = extract(tar, to.fd(), {});
    REQUIRE(bytes);
    CHECK(to.read("copy/deep/" + odd) == "odd");
    CHECK(to.read("copy/file") == "content");
    CHECK(to.read("copy/sparse") == from.read("t/sparse"));
    CHECK(std::filesystem::hard_link_count(to.at("copy/deep/hard")) == 2);
    CHECK(std::filesystem::read_symlink(to.at("copy/deep/soft")) == "../file");
    if (xattrs) {
        char value = 0;
        CHECK(::getxattr(to.at("copy/file").c_str(), "user.note", &value, 1) == 1);
        CHECK(value == 'n');
    }
}

TEST_CASE("what a tree is called decides the members' names") {
    const TestDirectory from;
    std::filesystem::create_directory(from.at("t"));
    from.write("t/f", "x");
    {
        MemoryFile file;
        const auto members = archived(from, "t", {.name = ".", .visit = {}}, file);
        CHECK((members.size() == 2 && members.contains("./") && members.contains("./f")));
    }
    {
        MemoryFile file;
        const auto members = archived(from, "t", {.name = "", .visit = {}}, file);
        CHECK((members.size() == 1 && members.contains("f")));
    }
    MemoryFile file;
    CHECK(archived(from, "t/f", {.name = "g", .visit = {}}, file).contains("g"));
}

TEST_CASE("a visitor drops, renames and marks members") {
    const TestDirectory from;
    std::filesystem::create_directories(from.at("t/opaque"));
    from.write("t/drop", "x");
    from.write("t/rename", "x");
    TreeOptions options;
    options.visit = [](Entry& entry, int) {
        if (entry.path == "drop") return Visit::Skip;
        if (entry.path == "rename") entry.path = "renamed";
        return entry.kind == Kind::Directory ? Visit::KeepOpaque : Visit::Keep;
    };
    MemoryFile file;
    const auto members = archived(from, "t", options, file);
    CHECK(members.size() == 3);
    CHECK(members.contains("renamed"));
    CHECK(members.contains("opaque/.wh..wh..opq"));
}

TEST_CASE("a missing root is an error") {
    const TestDirectory from;
    MemoryFile file;
    TarWriter writer(file.fd());
    const auto missing = write_tree(writer, from.fd(), "none", {.name = "n", .visit = {}});
    REQUIRE(!missing);
    CHECK(missing.error().is(std::errc::no_such_file_or_directory));
}

}  // namespace bulkhead::archive
