#include "host/image/directory_import.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/support/image/erofs_reader.h"
#include "tests/support/image/stitched_disk.h"
#include "tests/support/image/temp_dir.h"

namespace bulkhead::image {

namespace {

using test::TempDir;
using test::write_text;

// A directory, imported; read back from the composed disk.
class Imported {
  public:
    explicit Imported(const std::string& directory) {
        UniqueFd data(::memfd_create("data", MFD_CLOEXEC));
        UniqueFd front(::memfd_create("metadata", MFD_CLOEXEC));
        const auto metadata = compose_directory(directory, data.get());
        if (!metadata) throw std::runtime_error(metadata.error().message());
        if (!pwrite_full(front.get(), *metadata, 0)) throw std::runtime_error("memfd");
        disk_.append(std::move(front), metadata->size());
        const std::uint64_t size = *file_size(data.get());
        disk_.append(std::move(data), size);
        reader_ = std::make_unique<test::ErofsReader>(disk_);
    }

    const test::ErofsReader* operator->() const { return reader_.get(); }

  private:
    test::StitchedDisk disk_;
    std::unique_ptr<test::ErofsReader> reader_;
};

std::string refusal(const std::string& directory) {
    const TempDir files;
    const UniqueFd data = *open_file(files.path("data"), O_RDWR | O_CREAT, 0600);
    const auto index = import_directory(directory, data.get());
    return index ? "" : index.error().message();
}

}  // namespace

TEST_CASE("directory: files, directories, links and their attributes are kept") {
    const TempDir source;
    const std::string root = source.path("root");
    REQUIRE(::mkdir(root.c_str(), 0700) == 0);
    REQUIRE(::mkdir((root + "/dir").c_str(), 0755) == 0);
    write_text(root + "/dir/file", "content");
    REQUIRE(::chmod((root + "/dir/file").c_str(), 04751) == 0);
    const timespec times[2] = {{1, 0}, {1234567890, 123456789}};
    REQUIRE(::utimensat(AT_FDCWD, (root + "/dir/file").c_str(), times, 0) == 0);
    REQUIRE(::link((root + "/dir/file").c_str(), (root + "/hard").c_str()) == 0);
    REQUIRE(::symlink("/etc/passwd", (root + "/soft").c_str()) == 0);
    REQUIRE(::mkfifo((root + "/fifo").c_str(), 0600) == 0);
    write_text(root + "/.wh.plain", "a name like any other here");
    const std::string big(300'000, 'x');
    write_text(root + "/big", big);

    const Imported image(root);
    CHECK((image->at("").mode & 07777U) == 0700);
    CHECK(image->content("dir/file") == "content");
    CHECK((image->at("dir/file").mode & 07777U) == 04751);
    CHECK(image->at("dir/file").mtime == 1234567890);
    CHECK(image->at("dir/file").mtime_nanoseconds == 123456789);
    CHECK(image->at("dir/file").links == 2);
    CHECK(image->at("hard").nid == image->at("dir/file").nid);
    CHECK(image->content("soft") == "/etc/passwd");
    CHECK(image->at("soft").type() == S_IFLNK);
    CHECK(image->at("fifo").type() == S_IFIFO);
    CHECK(image->content(".wh.plain") == "a name like any other here");
    CHECK(image->content("big") == big);
}

TEST_CASE("directory: holes stay holes, and data around them is right") {
    const TempDir source;
    const std::string path = source.path("sparse");
    const UniqueFd file = *open_file(path, O_RDWR | O_CREAT, 0600);
    constexpr std::uint64_t kFar = std::uint64_t{64} << 20U;
    REQUIRE(pwrite_full(file.get(), std::as_bytes(std::span("start", 5)), 0));
    REQUIRE(pwrite_full(file.get(), std::as_bytes(std::span("end", 3)), kFar));
    const UniqueFd only = *open_file(source.path("hole"), O_RDWR | O_CREAT, 0600);
    REQUIRE(::ftruncate(only.get(), 1 << 20) == 0);

    const Imported image(source.path());
    const auto& entry = image->at("sparse");
    CHECK(entry.size == kFar + 3);
    CHECK(image->read(entry, 0, 6) == std::string("start\0", 6));
    CHECK(image->read(entry, kFar - 1, 4) == std::string("\0end", 4));
    CHECK(image->read(image->at("hole"), 0, 1 << 20) == std::string(1 << 20, '\0'));
}

TEST_CASE("directory: extended attributes come along, sockets do not") {
    const TempDir source;
    write_text(source.path("file"), "x");
    const bool can = ::setxattr(source.path("file").c_str(), "user.key", "value", 5, 0) == 0;
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = source.path("socket");
    REQUIRE(name.size() < sizeof(address.sun_path));
    std::memcpy(address.sun_path, name.c_str(), name.size());
    // SAFETY: the sockets API takes every kind of address through this type.
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
            0);

    const Imported image(source.path());
    CHECK_FALSE(image->has("socket"));
    if (can) {
        CHECK(image->at("file").xattrs ==
              std::map<std::string, std::string>{{"user.key", "value"}});
    } else {
        WARN("this file system has no user attributes");
    }
}

TEST_CASE("directory: what is no directory is an error that names it") {
    const TempDir source;
    write_text(source.path("file"), "x");
    CHECK(refusal(source.path("file")).find("file") != std::string::npos);
    CHECK(refusal(source.path("missing")).find("missing") != std::string::npos);
}

}  // namespace bulkhead::image
