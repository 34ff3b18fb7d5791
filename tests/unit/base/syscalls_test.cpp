#include "base/syscalls.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include <catch2/catch.hpp>

using namespace bulkhead;

namespace {

class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "bulkhead-test.XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }

    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string file(const std::string& name) const {
        return (path_ / name).string();
    }

    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(path_), {}));
    }

  private:
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("an open that fails names the path and keeps the code") {
    const auto file = open_file("/no/such/file", O_RDONLY);
    REQUIRE_FALSE(file.ok());
    CHECK(file.error().is(std::errc::no_such_file_or_directory));
    CHECK(file.error().message().find("/no/such/file") != std::string::npos);
}

TEST_CASE("descriptors are close-on-exec") {
    const auto file = open_file("/dev/null", O_RDONLY);
    REQUIRE(file.ok());
    CHECK((::fcntl(file->get(), F_GETFD) & FD_CLOEXEC) != 0);
    const auto copy = duplicate(file->get());
    REQUIRE(copy.ok());
    CHECK((::fcntl(copy->get(), F_GETFD) & FD_CLOEXEC) != 0);
    const auto event = make_eventfd();
    REQUIRE(event.ok());
    CHECK((::fcntl(event->get(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(event->get(), F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE("an atomic write replaces the content and leaves no temporary file") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("state.json");
    REQUIRE(write_file_atomically(path, "one", 0640).ok());
    REQUIRE(write_file_atomically(path, "two", 0640).ok());
    CHECK(*read_file(path, 100) == "two");
    CHECK(directory.entries() == 1);
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::all) ==
          std::filesystem::perms{0640});
}

TEST_CASE("an atomic write that cannot finish leaves the directory as it was") {
    const TemporaryDirectory directory;
    std::filesystem::create_directory(directory.file("taken"));
    const auto written = write_file_atomically(directory.file("taken"), "content");
    REQUIRE_FALSE(written.ok());
    CHECK(directory.entries() == 1);
}

TEST_CASE("read_file refuses a file above its limit") {
    const TemporaryDirectory directory;
    const std::string path = directory.file("large");
    REQUIRE(write_file_atomically(path, std::string(1000, 'x')).ok());
    CHECK(read_file(path, 1000).ok());
    const auto refused = read_file(path, 999);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().is(std::errc::file_too_large));
}

TEST_CASE("positioned transfers are whole, and short only at the end of the file") {
    const TemporaryDirectory directory;
    const auto file = open_file(directory.file("data"), O_RDWR | O_CREAT, 0600);
    REQUIRE(file.ok());
    const std::array<std::byte, 4> bytes{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
    REQUIRE(pwrite_full(file->get(), bytes, 10).ok());
    CHECK(*file_size(file->get()) == 14);
    std::array<std::byte, 8> back{};
    CHECK(*pread_full(file->get(), back, 10) == 4);
    CHECK(back[3] == std::byte{4});
}

TEST_CASE("read_full collects what a pipe delivers in parts") {
    auto ends = make_pipe();
    REQUIRE(ends.ok());
    const std::array<std::byte, 2> part{std::byte{5}, std::byte{6}};
    REQUIRE(write_full(ends->second.get(), part).ok());
    REQUIRE(write_full(ends->second.get(), part).ok());
    ends->second.reset();
    std::array<std::byte, 8> buffer{};
    CHECK(*read_full(ends->first.get(), buffer) == 4);
}
