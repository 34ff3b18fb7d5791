#include "archive/extract.h"

#include <functional>

#include <catch2/catch.hpp>

#include "tests/unit/archive/archive_file.h"

namespace bulkhead::archive {

namespace {

using Build = std::function<void(TarWriter&)>;

Result<std::uint64_t> extract_built(const TestDirectory& directory, const Build& build,
                                    const ExtractRules& rules = {}) {
    MemoryFile file;
    TarWriter writer(file.fd());
    build(writer);
    REQUIRE(writer.finish());
    file.rewind();
    TarReader tar(file.fd(), EndMark::Required);
    return extract(tar, directory.fd(), rules);
}

std::string failure_of(const Result<std::uint64_t>& result) {
    return result ? "" : result.error().message();
}

bool exists(const std::string& path) {
    struct stat status {};

    return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

TEST_CASE("files, directories, links and pipes are made with modes and times") {
    const TestDirectory directory;
    const auto bytes = extract_built(directory, [](TarWriter& tar) {
        Entry folder = entry(Kind::Directory, "d/");
        folder.mode = 0500;  // and yet it is filled
        folder.mtime = 1000;
        REQUIRE(tar.add(folder));
        Entry file = entry(Kind::File, "d/file");
        file.mode = 04751;
        file.mtime = 12;
        file.mtime_nanoseconds = 345;
        file.size = 2;
        REQUIRE(tar.add(file));
        REQUIRE(tar.write(std::as_bytes(std::span("hi", 2))));
        REQUIRE(tar.add(entry(Kind::HardLink, "d/hard", "d/file")));
        REQUIRE(tar.add(entry(Kind::Symlink, "d/soft", "/etc/passwd")));
        REQUIRE(tar.add(entry(Kind::Fifo, "missing/parents/pipe")));
    });
    REQUIRE(failure_of(bytes).empty());
    CHECK(*bytes == 2);

    struct stat status {};

    REQUIRE(::lstat(directory.at("d/file").c_str(), &status) == 0);
    CHECK(status.st_nlink == 2);
    CHECK((status.st_mode & 07777U) == 0751);  // set-id bits are not a stranger's to give
    CHECK((status.st_mtim.tv_sec == 12 && status.st_mtim.tv_nsec == 345));
    REQUIRE(::lstat(directory.at("d").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0500);
    CHECK(status.st_mtim.tv_sec == 1000);
    CHECK(std::filesystem::read_symlink(directory.at("d/soft")) == "/etc/passwd");
    CHECK(std::filesystem::is_fifo(directory.at("missing/parents/pipe")));
}

TEST_CASE("no name leads out of the directory") {
    const TestDirectory directory;
    for (const char* name : {"../out", "a/../../out", "..", "a/.."}) {
        CAPTURE(name);
        CHECK(failure_of(extract_built(directory, [&](TarWriter& tar) {
                  add_file(tar, name, "x");
              })).find("leads out") != std::string::npos);
    }
    // An absolute name is one below.
    CHECK(failure_of(extract_built(directory, [&](TarWriter& tar) {
              add_file(tar, "/abs", "x");
          })).empty());
    CHECK(directory.read("abs") == "x");
    CHECK(failure_of(extract_built(directory, [&](TarWriter& tar) {
              REQUIRE(tar.add(entry(Kind::HardLink, "hard", "../../etc/passwd")));
          })).find("leads out") != std::string::npos);
}

TEST_CASE("no symbolic link is followed, neither an old one nor the archive's") {
    const TestDirectory outside;
    const TestDirectory directory;
    outside.write("victim", "safe");
    std::filesystem::create_symlink(outside.at(""), directory.at("old"));
    CHECK(!extract_built(directory, [&](TarWriter& tar) { add_file(tar, "old/victim", "bad"); }));
    CHECK(!extract_built(directory, [&](TarWriter& tar) {
        REQUIRE(tar.add(entry(Kind::Symlink, "new", outside.at(""))));
        add_file(tar, "new/victim", "bad");
    }));
    // A link in the place of a file is replaced, not written through.
    CHECK(extract_built(directory, [&](TarWriter& tar) {
        REQUIRE(tar.add(entry(Kind::Symlink, "leaf", outside.at("victim"))));
        add_file(tar, "leaf", "new");
    }));
    CHECK(!extract_built(directory, [&](TarWriter& tar) {
        REQUIRE(tar.add(entry(Kind::HardLink, "stolen", "new/victim")));
    }));
    CHECK(outside.read("victim") == "safe");
    CHECK(directory.read("leaf") == "new");
    CHECK(!exists(directory.at("stolen")));
}

TEST_CASE("a stranger's devices are refused") {
    const TestDirectory directory;
    Entry device = entry(Kind::CharDevice, "null");
    device.device_major = 1;
    device.device_minor = 3;
    const auto result = extract_built(directory, [&](TarWriter& tar) { REQUIRE(tar.add(device)); });
    CHECK(failure_of(result).find("device") != std::string::npos);
    CHECK(!exists(directory.at("null")));
}

TEST_CASE("members that were not asked for are refused") {
    const TestDirectory directory;
    directory.write("other", "mine");
    const ExtractRules rules{.files = {}, .links = Links::None, .below = "wanted"};
    for (const char* name : {"other", "wanted2", "./.bashrc"}) {
        CAPTURE(name);
        CHECK(failure_of(extract_built(
                             directory, [&](TarWriter& tar) { add_file(tar, name, "x"); }, rules))
                  .find("not what was asked for") != std::string::npos);
    }
    CHECK(!extract_built(
        directory,
        [&](TarWriter& tar) { REQUIRE(tar.add(entry(Kind::HardLink, "wanted", "other"))); },
        rules));
    CHECK(directory.read("other") == "mine");
    CHECK(extract_built(
        directory, [&](TarWriter& tar) { add_file(tar, "wanted/file", "x"); }, rules));
}

TEST_CASE("directories merge, and replace nothing else") {
    const TestDirectory directory;
    directory.write("file", "old");
    std::filesystem::create_directory(directory.at("folder"));
    directory.write("folder/kept", "kept");
    CHECK(failure_of(extract_built(directory, [](TarWriter& tar) {
              REQUIRE(tar.add(entry(Kind::Directory, "file")));
          })).find("cannot overwrite non-directory") != std::string::npos);
    CHECK(failure_of(extract_built(directory, [](TarWriter& tar) {
              add_file(tar, "folder", "x");
          })).find("cannot overwrite directory") != std::string::npos);
    CHECK(extract_built(directory, [](TarWriter& tar) {
        REQUIRE(tar.add(entry(Kind::Directory, "folder")));
        add_file(tar, "folder/new", "new");
        add_file(tar, "file", "new");
    }));
    CHECK(directory.read("folder/kept") == "kept");
    CHECK(directory.read("folder/new") == "new");
    CHECK(directory.read("file") == "new");
}

}  // namespace bulkhead::archive
