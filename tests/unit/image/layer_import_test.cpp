#include "host/image/layer_import.h"

#include <sys/mman.h>

#include <string>

#include <catch2/catch.hpp>

#include "base/unique_fd.h"
#include "host/image/limits.h"
#include "tests/support/image/tar_builder.h"

namespace bulkhead::image {

namespace {

using test::TarBuilder;
using test::TarItem;

Result<LayerIndex> import(const std::string& tar) {
    const UniqueFd data(::memfd_create("data", MFD_CLOEXEC));
    MemorySource source(std::as_bytes(std::span(tar)));
    return import_layer(source, data.get());
}

LayerEntry only_entry(const std::string& tar) {
    const auto index = import(tar);
    REQUIRE(index.ok());
    REQUIRE(index->entries.size() == 1);
    return index->entries[0];
}

std::string error_of(const std::string& tar) {
    const auto index = import(tar);
    return index.ok() ? "" : index.error().message();
}

}  // namespace

TEST_CASE("an empty stream and an archive without entries are empty layers") {
    REQUIRE(import("").ok());
    CHECK(import("")->entries.empty());
    CHECK(import(std::string(1024, '\0'))->entries.empty());
    CHECK(import(std::string(10240, '\0'))->entries.empty());
}

TEST_CASE("a file keeps its owner, mode and time") {
    const LayerEntry entry = only_entry(TarBuilder()
                                            .add({.path = "./bin/su",
                                                  .content = "elf",
                                                  .mode = 04755,
                                                  .uid = 3000000000,
                                                  .gid = 70000,
                                                  .mtime_text = "1600000000.25"})
                                            .finish());
    CHECK(entry.kind == EntryKind::File);
    CHECK(entry.path == "bin/su");
    CHECK(entry.mode == 04755);
    CHECK(entry.uid == 3000000000);
    CHECK(entry.gid == 70000);
    CHECK(entry.mtime == 1600000000);
    CHECK(entry.mtime_nanoseconds == 250000000);
    CHECK(entry.size == 3);
}

TEST_CASE("a time before 1970 is kept") {
    CHECK(only_entry(TarBuilder().add({.path = "a", .mtime = -86400}).finish()).mtime == -86400);
}

TEST_CASE("names keep their bytes, in whatever encoding and whatever the locale") {
    const std::string utf8 = "caf\xc3\xa9";
    const std::string decomposed = "cafe\xcc\x81";
    const std::string latin1 = "caf\xe9";
    for (const std::string& name : {utf8, decomposed, latin1}) {
        CHECK(only_entry(TarBuilder().file(name, "").finish()).path == name);
        CHECK(only_entry(TarBuilder().add({.path = "x", .pax = {{"path", name}}}).finish()).path ==
              name);
        CHECK(only_entry(TarBuilder().symlink("l", name).finish()).target == name);
    }
}

TEST_CASE("long names come from pax headers and from GNU ones") {
    const std::string name = std::string(200, 'd') + "/" + std::string(255, 'f');
    CHECK(only_entry(TarBuilder().file(name, "x").finish()).path == name);
    CHECK(only_entry(TarBuilder().gnu_long_name(name, "x").finish()).path == name);
    CHECK_FALSE(error_of(TarBuilder().file(std::string(256, 'f'), "x").finish()).empty());
}

TEST_CASE("attributes are kept as they are, with zero bytes inside") {
    const std::string capability("\x01\0\0\x02\0\x20\0\0", 8);
    const LayerEntry entry = only_entry(TarBuilder()
                                            .add({.path = "ping",
                                                  .xattrs = {{"security.capability", capability},
                                                             {"user.note", "hi"},
                                                             {"trusted.overlay.opaque", "y"},
                                                             {"system.posix_acl_access", "acl"},
                                                             {"system.other", "x"}}})
                                            .finish());
    std::vector<Xattr> kept = entry.xattrs;
    std::sort(kept.begin(), kept.end(),
              [](const Xattr& a, const Xattr& b) { return a.name < b.name; });
    CHECK(kept == std::vector<Xattr>{{"security.capability", capability},
                                     {"system.posix_acl_access", "acl"},
                                     {"user.note", "hi"}});
}

TEST_CASE("attributes beyond what Linux holds are refused") {
    CHECK_FALSE(error_of(TarBuilder()
                             .add({.path = "a", .xattrs = {{"user.big", std::string(65536, 'x')}}})
                             .finish())
                    .empty());
    TarItem many{.path = "a"};
    for (int i = 0; i < 2000; ++i) many.xattrs.emplace_back("user." + std::to_string(i), "");
    CHECK_FALSE(error_of(TarBuilder().add(many).finish()).empty());
}

TEST_CASE("device nodes keep their numbers, and numbers that Linux has not are refused") {
    const LayerEntry entry = only_entry(
        TarBuilder().add({.path = "d", .type = '4', .major = 259, .minor = 70000}).finish());
    CHECK(entry.kind == EntryKind::BlockDevice);
    CHECK(entry.device_major == 259);
    CHECK(entry.device_minor == 70000);
    CHECK(error_of(TarBuilder().add({.path = "d", .type = '3', .major = 4096}).finish())
              .find("device") != std::string::npos);
}

TEST_CASE("whiteouts are recognised, and AUFS's own files are skipped") {
    const auto index = import(TarBuilder()
                                  .file("a/.wh.b", "")
                                  .file("a/.wh..wh..opq", "")
                                  .file(".wh..wh..opq", "")
                                  .directory(".wh..wh.plnk/")
                                  .file(".wh..wh.plnk/1.2", "x")
                                  .finish());
    REQUIRE(index.ok());
    REQUIRE(index->entries.size() == 3);
    CHECK(index->entries[0].kind == EntryKind::Whiteout);
    CHECK(index->entries[0].path == "a/b");
    CHECK(index->entries[1].kind == EntryKind::OpaqueDirectory);
    CHECK(index->entries[1].path == "a");
    CHECK(index->entries[2].kind == EntryKind::OpaqueDirectory);
    CHECK(index->entries[2].path.empty());
}

TEST_CASE("whiteouts that would name something else are refused") {
    for (const char* name : {".wh.", "a/.wh..", "a/.wh...", ".wh.a/b"}) {
        CAPTURE(name);
        CHECK_FALSE(error_of(TarBuilder().file(name, "").finish()).empty());
    }
}

TEST_CASE("names that leave the root are refused with their name") {
    CHECK(error_of(TarBuilder().file("../x", "").finish()).find("../x") != std::string::npos);
    CHECK_FALSE(error_of(TarBuilder().file("a/../../x", "").finish()).empty());
    CHECK_FALSE(error_of(TarBuilder().hard_link("a", "../../etc/shadow").finish()).empty());
    CHECK_FALSE(error_of(TarBuilder().file(".", "").finish()).empty());
}

TEST_CASE("a layer that is cut off anywhere is an error or is noticed by its length") {
    const std::string whole = TarBuilder().file("a", std::string(1500, 'x')).file("b", "y").bytes();
    for (std::size_t length = 1; length < whole.size(); ++length) {
        const auto index = import(whole.substr(0, length));
        CAPTURE(length);
        // Between two entries an archive may end: then the diff ID tells.
        const bool between = length == 2048;
        CHECK(index.ok() == (between || length >= whole.size()));
    }
}

TEST_CASE("what is no tar archive is refused") {
    CHECK(error_of(std::string(5000, 'x')).find("tar") != std::string::npos);
    CHECK(error_of("PK\x03\x04" + std::string(2000, 'z')).find("tar") != std::string::npos);
}

TEST_CASE("a malformed pax header is an error, not a file without its attributes") {
    std::string tar = TarBuilder().add({.path = "a", .pax = {{"path", "b"}}}).finish();
    tar[512] = 'x';
    CHECK_FALSE(error_of(tar).empty());
}

TEST_CASE("a size above the limit is refused before anything is stored") {
    CHECK(error_of(TarBuilder().sparse("huge", kMaxFileBytes + 1, {}).finish()).find("limit") !=
          std::string::npos);
}

}  // namespace bulkhead::image
