#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "base/text.h"
#include "base/wire.h"
#include "host/sandbox/disk_copy.h"
#include "host/sandbox/disk_template.h"
#include "host/sandbox/writable_disk.h"

namespace bulkhead::sandbox {

namespace {

class Folder {
  public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        path_ = pattern;
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string operator/(const std::string& name) const {
        return path_ + "/" + name;
    }

    [[nodiscard]] const std::string& path() const { return path_; }

    [[nodiscard]] bool empty() const { return std::filesystem::is_empty(path_); }

  private:
    std::string path_;
};

struct TemplateParts {
    std::string magic = "bulkdisk";
    std::uint32_t version = 1;
    std::uint32_t extents = 1;
    std::uint64_t size = 1U << 20U;
    std::uint64_t offset = 4096;
    std::uint64_t length = 5;
    std::string data = "hello";
};

std::string write_parts(const Folder& folder, const TemplateParts& parts) {
    ByteWriter writer;
    writer.write(std::as_bytes(std::span(parts.magic)));
    writer.write(parts.version);
    writer.write(parts.extents);
    writer.write(parts.size);
    writer.write(parts.offset);
    writer.write(parts.length);
    writer.write(std::as_bytes(std::span(parts.data)));
    const std::string path = folder / "template";
    const UniqueFd file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600).value();
    REQUIRE(write_full(file.get(), writer.bytes()));
    return path;
}

std::uint64_t allocated_bytes(int fd) {
    struct stat status {};

    REQUIRE(::fstat(fd, &status) == 0);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

bool have_mke2fs() {
    return ::access("/usr/sbin/mke2fs", X_OK) == 0 || ::access("/sbin/mke2fs", X_OK) == 0;
}

// ext4's superblock starts at 1024, its magic is 0xEF53 at 56 in there.
bool is_ext4(int fd) {
    std::array<std::byte, 2> magic{};
    return pread_full(fd, magic, 1024 + 56) && magic[0] == std::byte{0x53} &&
           magic[1] == std::byte{0xEF};
}

}  // namespace

TEST_CASE("a template becomes a sparse disk with its extents in place") {
    const Folder folder;
    const std::string path = write_parts(folder, {});
    const UniqueFd disk = open_file(folder / "disk", O_RDWR | O_CREAT, 0600).value();
    REQUIRE(write_template(path, disk.get()));
    CHECK(file_size(disk.get()).value() == 1U << 20U);
    std::array<char, 7> text{};
    REQUIRE(pread_full(disk.get(), std::as_writable_bytes(std::span(text)), 4095).value() == 7);
    CHECK(std::string(text.data(), 7) == std::string("\0hello\0", 7));
    CHECK(allocated_bytes(disk.get()) <= 64 * 1024);
}

TEST_CASE("a damaged template is an error that names it") {
    const auto attempt = [](const TemplateParts& parts) {
        const Folder folder;
        const std::string path = write_parts(folder, parts);
        const UniqueFd disk = open_file(folder / "disk", O_RDWR | O_CREAT, 0600).value();
        const auto written = write_template(path, disk.get());
        REQUIRE_FALSE(written);
        CHECK(written.error().message().starts_with(path));
    };
    TemplateParts parts;
    SECTION("magic") {
        parts.magic = "ext4ext4";
    }
    SECTION("version") {
        parts.version = 2;
    }
    SECTION("too many extents") {
        parts.extents = 1U << 31U;
    }
    SECTION("an extent past the end") {
        parts.offset = parts.size - 4;
    }
    SECTION("an extent that wraps around") {
        parts.offset = UINT64_MAX - 2;
    }
    SECTION("data that is cut short") {
        parts.data = "hell";
    }
    attempt(parts);
}

TEST_CASE("the template that the build makes is an ext4 file system of 10 GiB in a small file") {
    if (!have_mke2fs()) FAIL("mke2fs is missing: install e2fsprogs");
    const Folder folder;
    const std::string path = folder / "template";
    REQUIRE(std::system(concat(MAKE_UPPER_TEMPLATE, " ", path).c_str()) == 0);
    CHECK(std::filesystem::file_size(path) < 256 * 1024);
    const auto disk = make_writable_disk({kTemplateDiskBytes, path, folder.path(), "disk"});
    REQUIRE(disk);
    CHECK(file_size(disk->get()).value() == kTemplateDiskBytes);
    CHECK(allocated_bytes(disk->get()) < 1U << 20U);
    CHECK(is_ext4(disk->get()));
    CHECK(std::system(
              concat("PATH=$PATH:/sbin:/usr/sbin e2fsck -fn ", folder / "disk", " >/dev/null 2>&1")
                  .c_str()) == 0);
}

TEST_CASE("a disk of another size is formatted, and leaves no name behind without one") {
    if (!have_mke2fs()) FAIL("mke2fs is missing: install e2fsprogs");
    const Folder folder;
    const auto disk =
        make_writable_disk({std::uint64_t{64} << 20U, "", folder.path(), std::nullopt});
    REQUIRE(disk);
    CHECK(file_size(disk->get()).value() == 64U << 20U);
    CHECK(is_ext4(disk->get()));
    CHECK(allocated_bytes(disk->get()) < 2U << 20U);
    CHECK(folder.empty());
}

TEST_CASE("a disk is not made too small, too large, or twice") {
    const Folder folder;
    CHECK_FALSE(make_writable_disk({4096, "", folder.path(), "disk"}));
    CHECK_FALSE(make_writable_disk({UINT64_MAX, "", folder.path(), "disk"}));
    CHECK(folder.empty());
    std::ofstream(folder / "disk") << "there";
    const auto second = make_writable_disk({std::uint64_t{64} << 20U, "", folder.path(), "disk"});
    REQUIRE_FALSE(second);
    CHECK(second.error().is(std::errc::file_exists));
}

TEST_CASE("a template that is missing is an error") {
    const Folder folder;
    const auto disk =
        make_writable_disk({kTemplateDiskBytes, folder / "no", folder.path(), std::nullopt});
    REQUIRE_FALSE(disk);
    CHECK(disk.error().is(std::errc::no_such_file_or_directory));
    CHECK(folder.empty());
}

TEST_CASE("a copy of a disk has its bytes and its holes") {
    const Folder folder;
    const UniqueFd from = open_file(folder / "from", O_RDWR | O_CREAT, 0600).value();
    const std::uint64_t size = std::uint64_t{64} << 20U;
    REQUIRE(::ftruncate(from.get(), static_cast<off_t>(size)) == 0);
    const std::string text = "in the middle";
    REQUIRE(pwrite_full(from.get(), std::as_bytes(std::span(text)), size / 2));
    REQUIRE(pwrite_full(from.get(), std::as_bytes(std::span(text)), size - text.size()));
    const UniqueFd to = open_file(folder / "to", O_RDWR | O_CREAT, 0600).value();
    REQUIRE(copy_disk(from.get(), to.get()));
    CHECK(file_size(to.get()).value() == size);
    std::string got(text.size(), '\0');
    for (const std::uint64_t at : {size / 2, size - text.size()}) {
        REQUIRE(pread_full(to.get(), std::as_writable_bytes(std::span(got)), at));
        CHECK(got == text);
    }
    REQUIRE(pread_full(to.get(), std::as_writable_bytes(std::span(got)), 0));
    CHECK(got == std::string(text.size(), '\0'));

    struct stat status {};

    REQUIRE(::fstat(to.get(), &status) == 0);
    CHECK(status.st_blocks * 512 < (1 << 20));
    // An empty disk is one, too.
    const UniqueFd none = open_file(folder / "none", O_RDWR | O_CREAT, 0600).value();
    const UniqueFd copy = open_file(folder / "copy", O_RDWR | O_CREAT, 0600).value();
    REQUIRE(copy_disk(none.get(), copy.get()));
    CHECK(file_size(copy.get()).value() == 0);
}

}  // namespace bulkhead::sandbox
