#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "archive/tar_header.h"
#include "tests/unit/archive/archive_file.h"

namespace bulkhead::archive {

namespace {

std::vector<Entry> members_of(const MemoryFile& file, EndMark mark = EndMark::Required) {
    file.rewind();
    TarReader tar(file.fd(), mark);
    std::vector<Entry> members;
    for (;;) {
        auto next = tar.next();
        REQUIRE(next);
        if (!*next) return members;
        members.push_back(**std::move(next));
    }
}

std::string failure_of(const MemoryFile& file) {
    file.rewind();
    TarReader tar(file.fd(), EndMark::Required);
    for (;;) {
        auto next = tar.next();
        if (!next) return next.error().message();
        if (!*next) return "";
        const std::string text = read_all(tar);
        if (text.starts_with('(')) return text;
    }
}

// Anything that a file system may hold.
Entry random_entry(std::mt19937& random) {
    const auto number = [&](std::uint64_t below) { return random() % below; };
    Entry entry;
    entry.kind = static_cast<Kind>(number(7));
    for (std::size_t i = 1 + number(400); i > 0; --i)
        entry.path.push_back(static_cast<char>(1 + number(255)));
    std::replace(entry.path.begin(), entry.path.end(), '/', '-');
    if (entry.kind == Kind::Symlink || entry.kind == Kind::HardLink)
        entry.target = std::string(1 + number(300), 't');
    entry.mode = static_cast<std::uint32_t>(number(010000));
    entry.uid = static_cast<std::uint32_t>(random() >> number(32));
    entry.gid = static_cast<std::uint32_t>(random() >> number(32));
    entry.mtime = static_cast<std::int64_t>(random()) - (std::int64_t{1} << 31U);
    entry.mtime_nanoseconds = static_cast<std::uint32_t>(number(2) * number(1'000'000'000));
    if (entry.kind == Kind::CharDevice || entry.kind == Kind::BlockDevice) {
        entry.device_major = static_cast<std::uint32_t>(number(4096));
        entry.device_minor = static_cast<std::uint32_t>(number(1 << 20));
    }
    if (entry.kind == Kind::File) entry.size = number(2000);
    for (std::size_t i = number(3); i > 0; --i)
        entry.xattrs.push_back({"user.x" + std::to_string(i), std::string(number(50), '\0')});
    std::sort(entry.xattrs.begin(), entry.xattrs.end(),
              [](const Xattr& a, const Xattr& b) { return a.name < b.name; });
    return entry;
}

}  // namespace

TEST_CASE("what is written is read again: random members") {
    std::mt19937 random(1);
    for (int round = 0; round < 50; ++round) {
        MemoryFile file;
        TarWriter writer(file.fd());
        std::vector<Entry> written;
        for (int i = 0; i < 20; ++i) {
            written.push_back(random_entry(random));
            REQUIRE(writer.add(written.back()));
            REQUIRE(writer.fill());
            // So that older readers know it for a directory.
            if (Entry& last = written.back();
                last.kind == Kind::Directory && last.path.size() < 100)
                last.path += '/';
        }
        REQUIRE(writer.finish());
        CHECK(members_of(file) == written);
    }
}

TEST_CASE("a file's bytes come back, also when some are not read") {
    MemoryFile file;
    TarWriter writer(file.fd());
    const std::string text(300'000, 'x');
    add_file(writer, "a", text);
    add_file(writer, "b", "hello");
    REQUIRE(writer.finish());
    file.rewind();
    TarReader tar(file.fd(), EndMark::Required);
    REQUIRE(tar.next().value()->path == "a");
    REQUIRE(tar.read().value());
    REQUIRE(tar.next().value()->path == "b");
    CHECK(read_all(tar) == "hello");
    CHECK(!tar.next().value());
}

TEST_CASE("a sparse file keeps its holes") {
    MemoryFile file;
    TarWriter writer(file.fd());
    Entry entry = archive::entry(Kind::File, "disk");
    entry.size = std::uint64_t{1} << 40U;
    entry.runs = std::vector<Run>{{4096, 3}, {std::uint64_t{1} << 39U, 2}, {entry.size, 0}};
    REQUIRE(writer.add(entry));
    REQUIRE(writer.write(std::as_bytes(std::span("abcde", 5))));
    add_file(writer, "next", "n");
    REQUIRE(writer.finish());
    file.rewind();
    TarReader tar(file.fd(), EndMark::Required);
    CHECK(tar.next().value() == entry);
    const auto first = tar.read().value();
    CHECK((first->offset == 4096 && first->bytes.size() == 3));
    const auto second = tar.read().value();
    CHECK((second->offset == std::uint64_t{1} << 39U && second->bytes.size() == 2));
    CHECK(!tar.read().value());
    CHECK(tar.next().value()->path == "next");
    CHECK(read_all(tar) == "n");
}

TEST_CASE("an archive that is cut anywhere is an error") {
    MemoryFile whole;
    TarWriter writer(whole.fd());
    add_file(writer, std::string(200, 'p'), std::string(700, 'x'));
    REQUIRE(writer.finish());
    CHECK(failure_of(whole).empty());
    // The second of the two blocks that end it is not needed.
    const off_t needed = whole.size() - 512;
    for (off_t size = 0; size < needed; size += 100) {
        MemoryFile file;
        TarWriter again(file.fd());
        add_file(again, std::string(200, 'p'), std::string(700, 'x'));
        REQUIRE(again.finish());
        file.cut(size);
        CAPTURE(size);
        CHECK(!failure_of(file).empty());
    }
}

TEST_CASE("without an end mark an archive is accepted where that is allowed") {
    MemoryFile file;
    TarWriter writer(file.fd());
    add_file(writer, "a", "1");
    REQUIRE(writer.finish());
    file.cut(1024);
    CHECK(members_of(file, EndMark::Optional).size() == 1);
    CHECK(failure_of(file) == "the stream ended before the archive did");
}

TEST_CASE("headers that lie are refused") {
    TarHeader header;
    header.name = "x";
    header.type = 'x';
    header.size = std::uint64_t{1} << 32U;
    auto block = format_header(header);
    MemoryFile huge;
    REQUIRE(write_full(huge.fd(), block));
    CHECK(failure_of(huge) == "an extended header is too large");
    block[0] = std::byte{'y'};
    MemoryFile changed;
    REQUIRE(write_full(changed.fd(), block));
    CHECK(failure_of(changed).find("checksum") != std::string::npos);
    header.type = 'S';
    header.size = 0;
    MemoryFile unknown;
    REQUIRE(write_full(unknown.fd(), format_header(header)));
    CHECK(failure_of(unknown).find("not supported") != std::string::npos);
}

}  // namespace bulkhead::archive
