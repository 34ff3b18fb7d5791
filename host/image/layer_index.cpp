#include "host/image/layer_index.h"

#include <algorithm>
#include <string_view>

#include "base/checked.h"
#include "base/text.h"
#include "base/wire.h"
#include "host/image/digest.h"
#include "host/image/layer_path.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

// The file: header, entries, SHA-256 (64 hexadecimal digits) of both.
constexpr std::uint64_t kMagic = 0x3158'444e'4948'4b42;  // "BKHINDX1"
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kChecksumBytes = 64;
// The least that one entry takes: bounds what a header may make us reserve.
constexpr std::size_t kMinEntryBytes = 27;

void write_text(ByteWriter& out, std::string_view text) {
    out.write(static_cast<std::uint16_t>(text.size()));
    out.write(std::as_bytes(std::span(text)));
}

bool has_target(EntryKind kind) {
    return kind == EntryKind::Symlink || kind == EntryKind::HardLink;
}

bool is_device(EntryKind kind) {
    return kind == EntryKind::CharDevice || kind == EntryKind::BlockDevice;
}

void write_entry(ByteWriter& out, const LayerEntry& entry) {
    out.write(static_cast<std::uint8_t>(entry.kind));
    out.write(entry.mode);
    out.write(entry.uid);
    out.write(entry.gid);
    out.write(static_cast<std::uint64_t>(entry.mtime));
    out.write(entry.mtime_nanoseconds);
    write_text(out, entry.path);
    if (has_target(entry.kind)) write_text(out, entry.target);
    if (is_device(entry.kind)) {
        out.write(entry.device_major);
        out.write(entry.device_minor);
    }
    if (entry.kind == EntryKind::File) {
        out.write(entry.size);
        out.write(static_cast<std::uint32_t>(entry.extents.size()));
        for (const Extent& extent : entry.extents) {
            out.write(extent.file_block);
            out.write(extent.data_block);
            out.write(extent.blocks);
        }
    }
    out.write(static_cast<std::uint16_t>(entry.xattrs.size()));
    for (const Xattr& xattr : entry.xattrs) {
        write_text(out, xattr.name);
        write_text(out, xattr.value);
    }
}

Error corrupt(std::string_view what) {
    return Error(concat("layer index is corrupt: ", what));
}

class Parser {
  public:
    Parser(std::span<const std::byte> bytes, std::uint64_t data_blocks)
        : reader_(bytes), data_blocks_(data_blocks) {}

    Result<LayerEntry> entry() {
        LayerEntry entry;
        entry.kind = static_cast<EntryKind>(TRY(integer<std::uint8_t>()));
        entry.mode = TRY(integer<std::uint16_t>());
        entry.uid = TRY(integer<std::uint32_t>());
        entry.gid = TRY(integer<std::uint32_t>());
        entry.mtime = static_cast<std::int64_t>(TRY(integer<std::uint64_t>()));
        entry.mtime_nanoseconds = TRY(integer<std::uint32_t>());
        if (entry.kind < EntryKind::Directory || entry.kind > EntryKind::OpaqueDirectory ||
            (entry.mode & ~07777U) != 0 || entry.mtime_nanoseconds >= 1000000000) {
            return corrupt("bad kind, mode or time");
        }
        entry.path = TRY(path());
        if (entry.kind == EntryKind::Symlink) entry.target = TRY(text());
        if (entry.kind == EntryKind::HardLink) entry.target = TRY(path());
        if (is_device(entry.kind)) {
            entry.device_major = TRY(integer<std::uint32_t>());
            entry.device_minor = TRY(integer<std::uint32_t>());
        }
        TRY_CONTEXT(check_entry(entry), "layer index is corrupt");
        if (entry.kind == EntryKind::File) TRY(extents(entry));
        TRY(xattrs(entry));
        return entry;
    }

    [[nodiscard]] std::size_t remaining() const { return reader_.remaining(); }

  private:
    template <class T>
    Result<T> integer() {
        const auto value = reader_.read<T>();
        if (!value) return corrupt("cut off");
        return *value;
    }

    Result<std::string> text() {
        const auto size = TRY(integer<std::uint16_t>());
        const auto bytes = reader_.take(size);
        if (!bytes) return corrupt("cut off");
        return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    }

    Result<std::string> path() {
        std::string value = TRY(text());
        const auto normal = normalise_path(value);
        if (!normal.ok() || *normal != value) return corrupt("a path that is not normalised");
        return value;
    }

    Result<void> extents(LayerEntry& entry) {
        entry.size = TRY(integer<std::uint64_t>());
        const auto count = TRY(integer<std::uint32_t>());
        constexpr std::size_t kExtentBytes = 24;
        if (entry.size > kMaxFileBytes || count > reader_.remaining() / kExtentBytes) {
            return corrupt("bad file size or extent count");
        }
        const std::uint64_t file_blocks = (entry.size + kBlockSize - 1) / kBlockSize;
        std::uint64_t next = 0;
        entry.extents.reserve(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            Extent extent;
            extent.file_block = TRY(integer<std::uint64_t>());
            extent.data_block = TRY(integer<std::uint64_t>());
            extent.blocks = TRY(integer<std::uint64_t>());
            const bool in_file = extent.file_block >= next && extent.file_block < file_blocks &&
                                 extent.blocks <= file_blocks - extent.file_block;
            const bool in_data = extent.data_block <= data_blocks_ &&
                                 extent.blocks <= data_blocks_ - extent.data_block;
            if (!in_file || !in_data || extent.blocks == 0)
                return corrupt("an extent outside of its file");
            next = extent.file_block + extent.blocks;
            entry.extents.push_back(extent);
        }
        return {};
    }

    Result<void> xattrs(LayerEntry& entry) {
        const auto count = TRY(integer<std::uint16_t>());
        if (count > kMaxXattrs) return corrupt("too many extended attributes");
        std::size_t total = 0;
        for (std::uint16_t i = 0; i < count; ++i) {
            Xattr xattr;
            xattr.name = TRY(text());
            xattr.value = TRY(text());
            total += xattr.name.size() + xattr.value.size();
            if (xattr.name.empty() || xattr.name.size() > kMaxNameBytes || total > kMaxXattrBytes) {
                return corrupt("bad extended attribute");
            }
            entry.xattrs.push_back(std::move(xattr));
        }
        return {};
    }

    ByteReader reader_;
    std::uint64_t data_blocks_;
};

Digest checksum(std::span<const std::byte> bytes) {
    return digest_of(DigestAlgorithm::Sha256, bytes);
}

}  // namespace

Result<std::vector<std::byte>> encode_layer_index(const LayerIndex& index) {
    ByteWriter out;
    out.write(kMagic);
    out.write(kVersion);
    out.write(static_cast<std::uint32_t>(index.entries.size()));
    out.write(index.data_blocks);
    for (const LayerEntry& entry : index.entries) {
        write_entry(out, entry);
        if (out.size() > kMaxIndexBytes - kChecksumBytes) {
            return Error(concat("the names and attributes of its files take more than ",
                                bytes_text(kMaxIndexBytes)));
        }
    }
    const Digest sum = checksum(out.bytes());
    out.write(std::as_bytes(std::span(sum.hex())));
    return std::move(out).take();
}

Result<LayerIndex> parse_layer_index(std::span<const std::byte> bytes) {
    if (bytes.size() > kMaxIndexBytes) return corrupt("too large");
    if (bytes.size() < kChecksumBytes) return corrupt("too short");
    const auto content = bytes.first(bytes.size() - kChecksumBytes);
    // The header says whether the rest can be understood at all, so it is looked at first.
    ByteReader header(content);
    const auto magic = header.read<std::uint64_t>();
    const auto version = header.read<std::uint32_t>();
    const auto count = header.read<std::uint32_t>();
    const auto data_blocks = header.read<std::uint64_t>();
    if (!data_blocks || magic != kMagic) return corrupt("not a layer index");
    if (version != kVersion) return corrupt(concat("version ", *version, " is not ", kVersion));
    const Digest expected = checksum(content);
    const auto sum = std::as_bytes(std::span(expected.hex()));
    const auto found = bytes.last(kChecksumBytes);
    if (!std::equal(sum.begin(), sum.end(), found.begin(), found.end()))
        return corrupt("checksum does not match");
    if (*count > kMaxLayerEntries || *count > header.remaining() / kMinEntryBytes)
        return corrupt("bad entry count");
    if (*data_blocks > kMaxLayerDataBytes / kBlockSize) return corrupt("bad data length");

    LayerIndex index;
    index.data_blocks = *data_blocks;
    index.entries.reserve(*count);
    Parser parser(content.last(header.remaining()), *data_blocks);
    for (std::uint32_t i = 0; i < *count; ++i) index.entries.push_back(TRY(parser.entry()));
    if (parser.remaining() != 0) return corrupt("bytes behind the last entry");
    return index;
}

}  // namespace bulkhead::image
