#include "host/sandbox/disk_template.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "base/syscalls.h"
#include "base/wire.h"

namespace bulkhead::sandbox {

namespace {

constexpr std::string_view kMagic = "bulkdisk";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 24;
constexpr std::size_t kExtentBytes = 16;
constexpr std::uint32_t kMaxExtents = 4096;
constexpr std::uint64_t kMaxExtentBytes = std::uint64_t{64} << 20U;

struct Header {
    std::uint32_t extents = 0;
    std::uint64_t size = 0;
};

Result<std::vector<std::byte>> read_exactly(int fd, std::size_t count) {
    std::vector<std::byte> bytes(count);
    if (TRY(read_full(fd, bytes)) != count) return Error("the file is cut short");
    return bytes;
}

Result<Header> read_header(int fd) {
    const auto bytes = TRY(read_exactly(fd, kHeaderBytes));
    if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0)
        return Error("the file is no disk template");
    ByteReader reader(std::span<const std::byte>(bytes).subspan(kMagic.size()));
    const auto version = reader.read<std::uint32_t>();
    const auto extents = reader.read<std::uint32_t>();
    const auto size = reader.read<std::uint64_t>();
    if (version != kVersion || !extents || *extents > kMaxExtents || !size)
        return Error("the file is a disk template of another version");
    return Header{*extents, *size};
}

Result<void> copy_extents(int from, const Header& header, int disk) {
    const auto table = TRY(read_exactly(from, header.extents * kExtentBytes));
    ByteReader reader(table);
    for (std::uint32_t i = 0; i < header.extents; ++i) {
        const std::uint64_t offset = reader.read<std::uint64_t>().value_or(0);
        const std::uint64_t length = reader.read<std::uint64_t>().value_or(0);
        if (length > kMaxExtentBytes || offset > header.size || length > header.size - offset)
            return Error("an extent lies outside of the disk");
        const auto bytes = TRY(read_exactly(from, length));
        TRY(pwrite_full(disk, bytes, offset));
    }
    return {};
}

}  // namespace

Result<void> write_template(const std::string& template_path, int disk) {
    const UniqueFd file = TRY(open_file(template_path, O_RDONLY));
    const Header header = TRY_CONTEXT(read_header(file.get()), template_path);
    if (::ftruncate(disk, static_cast<off_t>(header.size)) != 0)
        return errno_error("set the size of the writable disk");
    return copy_extents(file.get(), header, disk).context(template_path);
}

}  // namespace bulkhead::sandbox
