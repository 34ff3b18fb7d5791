#include "tests/support/image/erofs_reader.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace bulkhead::test {

namespace {

constexpr std::uint64_t kBlock = 4096;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error("erofs: " + what);
}

void require(bool condition, const std::string& what) {
    if (!condition) fail(what);
}

std::uint64_t number(const std::string& bytes, std::size_t at, std::size_t size) {
    require(at + size <= bytes.size(), "a field behind the end");
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, size);
    return value;
}

// Bit by bit, unlike the writer's table.
std::uint32_t crc32c(const std::string& bytes) {
    std::uint32_t crc = 0xffffffff;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
    }
    return crc;
}

unsigned type_number(unsigned mode_type) {
    switch (mode_type) {
        case 0100000:
            return 1;
        case 0040000:
            return 2;
        case 0020000:
            return 3;
        case 0060000:
            return 4;
        case 0010000:
            return 5;
        case 0120000:
            return 7;
        default:
            fail("unknown type");
    }
}

std::string xattr_prefix(unsigned index) {
    switch (index) {
        case 1:
            return "user.";
        case 2:
            return "system.posix_acl_access";
        case 3:
            return "system.posix_acl_default";
        case 4:
            return "trusted.";
        case 6:
            return "security.";
        default:
            fail("unknown name space of an attribute");
    }
}

}  // namespace

ErofsReader::ErofsReader(const StitchedDisk& disk) : disk_(disk) {
    read_superblock();
    walk("", root_, root_);
    check_links();
}

const ErofsFile& ErofsReader::at(const std::string& path) const {
    const auto found = files_.find(path);
    if (found == files_.end()) fail("no file " + path);
    return found->second;
}

void ErofsReader::read_superblock() {
    std::string block = disk_.read(1024, kBlock - 1024);
    require(number(block, 0, 4) == 0xe0f5e1e2, "magic");
    const auto checksum = static_cast<std::uint32_t>(number(block, 4, 4));
    std::fill_n(block.begin() + 4, 4, '\0');
    require(crc32c(block) == checksum, "superblock checksum");
    require((number(block, 8, 4) & 1U) != 0, "checksum feature");
    require(block[12] == 12, "block size");
    root_ = number(block, 14, 2);
    inodes_ = number(block, 16, 8);
    build_time_ = static_cast<std::int64_t>(number(block, 24, 8));
    build_time_nanoseconds_ = static_cast<std::uint32_t>(number(block, 32, 4));
    require(number(block, 36, 4) * kBlock == disk_.size(), "length of the file system");
    require(number(block, 40, 4) == 0, "metadata at block 0");
    require((number(block, 80, 4) & ~4U) == 0, "unknown features");
}

ErofsFile ErofsReader::inode(std::uint64_t nid) const {
    ErofsFile file;
    file.nid = nid;
    const std::string bytes = disk_.read(nid * 32, 64);
    const std::uint64_t format = number(bytes, 0, 2);
    file.extended = (format & 1U) != 0;
    file.layout = static_cast<unsigned>(format >> 1U);
    const auto xattr_count = static_cast<unsigned>(number(bytes, 2, 2));
    file.mode = static_cast<unsigned>(number(bytes, 4, 2));
    if (file.extended) {
        file.size = number(bytes, 8, 8);
        file.location = static_cast<std::uint32_t>(number(bytes, 16, 4));
        file.uid = static_cast<std::uint32_t>(number(bytes, 24, 4));
        file.gid = static_cast<std::uint32_t>(number(bytes, 28, 4));
        file.mtime = static_cast<std::int64_t>(number(bytes, 32, 8));
        file.mtime_nanoseconds = static_cast<std::uint32_t>(number(bytes, 40, 4));
        file.links = static_cast<std::uint32_t>(number(bytes, 44, 4));
    } else {
        file.links = static_cast<std::uint32_t>(number(bytes, 6, 2));
        file.size = number(bytes, 8, 4);
        file.location = static_cast<std::uint32_t>(number(bytes, 16, 4));
        file.uid = static_cast<std::uint32_t>(number(bytes, 24, 2));
        file.gid = static_cast<std::uint32_t>(number(bytes, 26, 2));
        file.mtime = build_time_;
        file.mtime_nanoseconds = build_time_nanoseconds_;
    }
    const std::uint64_t behind = nid * 32 + (file.extended ? 64 : 32);
    file.data_offset = behind + (xattr_count == 0 ? 0 : 12 + 4 * (xattr_count - 1));
    if (xattr_count != 0) read_xattrs(file, behind, xattr_count);
    return file;
}

void ErofsReader::read_xattrs(ErofsFile& file, std::uint64_t at, unsigned count) const {
    require(count > 1, "an attribute area without attributes");
    const std::string area = disk_.read(at, 12 + 4 * (count - 1));
    require(area[4] == 0, "shared attributes");
    std::size_t position = 12;
    while (position < area.size()) {
        const std::size_t name_size = number(area, position, 1);
        const auto index = static_cast<unsigned>(number(area, position + 1, 1));
        const std::size_t value_size = number(area, position + 2, 2);
        require(position + 4 + name_size + value_size <= area.size(),
                "an attribute behind its area");
        const std::string name = xattr_prefix(index) + area.substr(position + 4, name_size);
        require(file.xattrs.emplace(name, area.substr(position + 4 + name_size, value_size)).second,
                "an attribute twice");
        position = (position + 4 + name_size + value_size + 3) / 4 * 4;
    }
}

std::string ErofsReader::block(const ErofsFile& file, std::uint64_t index) const {
    const std::uint64_t blocks = (file.size + kBlock - 1) / kBlock;
    switch (file.layout) {
        case 0:
            return disk_.read((file.location + index) * kBlock, kBlock);
        case 2: {
            if (index + 1 < blocks) return disk_.read((file.location + index) * kBlock, kBlock);
            const std::uint64_t tail = file.size - index * kBlock;
            require(file.data_offset % kBlock + tail <= kBlock, "inline data across blocks");
            return disk_.read(file.data_offset, tail);
        }
        case 4: {
            const unsigned bits = file.location & 0x1fU;
            require((file.location & ~0x1fU) == 0, "chunk format");
            const std::uint64_t array = (file.data_offset + 3) / 4 * 4;
            const auto address = static_cast<std::uint32_t>(
                number(disk_.read(array + (index >> bits) * 4, 4), 0, 4));
            if (address == 0xffffffff) return std::string(kBlock, '\0');
            return disk_.read((address + (index & ((1ULL << bits) - 1))) * kBlock, kBlock);
        }
        default:
            fail("layout");
    }
}

std::string ErofsReader::read(const ErofsFile& file, std::uint64_t offset,
                              std::uint64_t length) const {
    std::string result;
    const std::uint64_t end = std::min(file.size, offset + length);
    for (std::uint64_t at = offset; at < end;) {
        const std::uint64_t inside = at % kBlock;
        const std::uint64_t count = std::min(kBlock - inside, end - at);
        result += block(file, at / kBlock).substr(inside, count);
        at += count;
    }
    return result;
}

std::string ErofsReader::content(const std::string& path) const {
    const ErofsFile& file = at(path);
    return read(file, 0, file.size);
}

void ErofsReader::walk(const std::string& path, std::uint64_t nid, std::uint64_t parent) {
    const ErofsFile file = inode(nid);
    files_.emplace(path, file);
    if (file.type() != 0040000) return;
    std::string last_name;
    std::uint32_t directories = 0;
    for (std::uint64_t at = 0; at < file.size; at += kBlock) {
        const std::string content =
            block(file, at / kBlock).substr(0, std::min(kBlock, file.size - at));
        directories += walk_block(path, file, content, parent, last_name);
    }
    require(file.links == directories, "link count of directory " + path);
    require(last_name >= "..", "no entries for . and .. in " + path);
}

std::uint32_t ErofsReader::walk_block(const std::string& path, const ErofsFile& file,
                                      const std::string& block, std::uint64_t parent,
                                      std::string& last_name) {
    const std::uint64_t count = number(block, 8, 2) / 12;
    std::uint32_t directories = 0;
    require(count > 0 && number(block, 8, 2) % 12 == 0, "first name of a directory block");
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t nid = number(block, i * 12, 8);
        const std::size_t start = number(block, i * 12 + 8, 2);
        std::size_t end = i + 1 < count ? number(block, (i + 1) * 12 + 8, 2) : block.size();
        if (i + 1 == count) end = std::min(end, block.find('\0', start));
        require(start < end && end <= block.size(), "a name outside of its block");
        const std::string name = block.substr(start, end - start);
        require(last_name < name, "names out of order: " + last_name + ", " + name);
        last_name = name;
        if (name == ".") require(nid == file.nid, "entry . of " + path);
        if (name == "..") require(nid == parent, "entry .. of " + path);
        const auto type = static_cast<unsigned>(number(block, i * 12 + 10, 1));
        require(type == type_number(inode(nid).type()), "type in the entry of " + name);
        directories += type == 2 ? 1 : 0;
        if (name != "." && name != "..")
            walk(path.empty() ? name : path + "/" + name, nid, file.nid);
    }
    return directories;
}

// Of all that is no directory: as many names as the inode says, and as many inodes as the
// superblock says.
void ErofsReader::check_links() const {
    std::map<std::uint64_t, std::uint32_t> names;
    for (const auto& [path, file] : files_) ++names[file.nid];
    for (const auto& [path, file] : files_) {
        if (file.type() != 0040000) require(file.links == names[file.nid], "link count of " + path);
    }
    require(names.size() == inodes_, "number of inodes");
}

}  // namespace bulkhead::test
