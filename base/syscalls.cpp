#include "base/syscalls.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "base/text.h"

namespace bulkhead {

namespace {

// Calls `transfer(done)` until `total` bytes are through, it gives 0, or it fails.
template <class Transfer>
Result<std::size_t> transfer_all(std::size_t total, const char* what, Transfer transfer) {
    std::size_t done = 0;
    while (done < total) {
        const ssize_t count = transfer(done);
        if (count < 0) {
            if (errno == EINTR) continue;
            return errno_error(what);
        }
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

Result<void> all_written(Result<std::size_t> done, std::size_t total, const char* what) {
    if (!done) return std::move(done).error();
    if (*done != total)
        return Error(std::make_error_code(std::errc::io_error),
                     concat(what, ": wrote ", *done, " of ", total, " bytes"));
    return {};
}

}  // namespace

Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode) {
    int fd = -1;
    do {
        fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) return errno_error("open " + path);
    return UniqueFd(fd);
}

Result<std::size_t> read_full(int fd, std::span<std::byte> buffer) {
    return transfer_all(buffer.size(), "read", [&](std::size_t done) {
        return ::read(fd, buffer.data() + done, buffer.size() - done);
    });
}

Result<std::size_t> pread_full(int fd, std::span<std::byte> buffer, std::uint64_t offset) {
    return transfer_all(buffer.size(), "pread", [&](std::size_t done) {
        return ::pread(fd, buffer.data() + done, buffer.size() - done,
                       static_cast<off_t>(offset + done));
    });
}

Result<void> write_full(int fd, std::span<const std::byte> bytes) {
    auto done = transfer_all(bytes.size(), "write", [&](std::size_t at) {
        return ::write(fd, bytes.data() + at, bytes.size() - at);
    });
    return all_written(std::move(done), bytes.size(), "write");
}

Result<void> pwrite_full(int fd, std::span<const std::byte> bytes, std::uint64_t offset) {
    // By the call that disks are written with: a monitor may make no other.
    auto done = transfer_all(bytes.size(), "pwrite", [&](std::size_t at) {
        // SAFETY: a write does not change what an iovec points to.
        const iovec rest{const_cast<std::byte*>(bytes.data() + at), bytes.size() - at};
        return ::pwritev2(fd, &rest, 1, static_cast<off_t>(offset + at), 0);
    });
    return all_written(std::move(done), bytes.size(), "pwrite");
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    const UniqueFd file = TRY(open_file(path, O_RDONLY));
    // Files under /proc and /sys have no size to ask for, so read until the end or one byte too
    // many.
    std::string content;
    std::array<std::byte, 4096> buffer{};
    while (true) {
        const std::size_t count = TRY_CONTEXT(read_full(file.get(), buffer), path);
        // SAFETY: std::byte and char may alias.
        content.append(reinterpret_cast<const char*>(buffer.data()), count);
        if (content.size() > limit) {
            return Error(std::make_error_code(std::errc::file_too_large),
                         concat(path, ": larger than ", limit, " bytes"));
        }
        if (count < buffer.size()) return content;
    }
}

Result<void> write_file_atomically(const std::string& path, std::string_view content, mode_t mode) {
    std::string temporary = path + ".XXXXXX";
    const UniqueFd file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!file.valid()) return errno_error("create " + temporary);
    auto written = [&]() -> Result<void> {
        if (::fchmod(file.get(), mode) != 0) return errno_error("chmod");
        TRY(write_full(file.get(), std::as_bytes(std::span(content))));
        if (::fsync(file.get()) != 0) return errno_error("fsync");
        if (::rename(temporary.c_str(), path.c_str()) != 0) return errno_error("rename to " + path);
        return {};
    }();
    if (!written) ::unlink(temporary.c_str());
    return std::move(written).context("writing " + path);
}

Result<void> write_setting(const std::string& path, std::string_view text) {
    const UniqueFd file = TRY(open_file(path, O_WRONLY));
    if (auto written = write_full(file.get(), std::as_bytes(std::span(text))); !written)
        return std::move(written).error().context(concat("writing \"", text, "\" to ", path));
    return {};
}

Result<std::uint64_t> file_size(int fd) {
    struct stat status {};

    if (::fstat(fd, &status) != 0) return errno_error("fstat");
    return static_cast<std::uint64_t>(status.st_size);
}

Result<UniqueFd> make_eventfd() {
    UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd.valid()) return errno_error("eventfd");
    return fd;
}

Result<void> set_nonblocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return errno_error("set O_NONBLOCK");
    return {};
}

Result<UniqueFd> duplicate(int fd) {
    UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!copy.valid()) return errno_error("duplicate descriptor");
    return copy;
}

Result<std::pair<UniqueFd, UniqueFd>> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("pipe");
    return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

Result<std::pair<UniqueFd, UniqueFd>> make_socketpair(int type) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return errno_error("socketpair");
    return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

}  // namespace bulkhead
