// System calls with EINTR handled, partial transfers finished and failures as Result. Thread: any.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead {

// open(2) with O_CLOEXEC added. The error names the path.
Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode = 0);

// Reads until the buffer is full or the file ends; gives the bytes read.
Result<std::size_t> read_full(int fd, std::span<std::byte> buffer);
Result<std::size_t> pread_full(int fd, std::span<std::byte> buffer, std::uint64_t offset);
// Writes everything.
Result<void> write_full(int fd, std::span<const std::byte> bytes);
Result<void> pwrite_full(int fd, std::span<const std::byte> bytes, std::uint64_t offset);

// The whole file, which may not be larger than `limit` bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit);
// Writes a temporary file beside `path`, syncs it and renames it: readers see the old or the new
// content, never a part.
Result<void> write_file_atomically(const std::string& path, std::string_view content,
                                   mode_t mode = 0600);

// Writes to a file that is there already, at its beginning: the kernel's settings. The error names
// the path and the text.
Result<void> write_setting(const std::string& path, std::string_view text);

// The size of an open file in bytes.
Result<std::uint64_t> file_size(int fd);

Result<UniqueFd> make_eventfd();  // non-blocking, close-on-exec
Result<void> set_nonblocking(int fd);
Result<UniqueFd> duplicate(int fd);                               // close-on-exec
Result<std::pair<UniqueFd, UniqueFd>> make_pipe();                // read end, write end
Result<std::pair<UniqueFd, UniqueFd>> make_socketpair(int type);  // AF_UNIX, close-on-exec

}  // namespace bulkhead
