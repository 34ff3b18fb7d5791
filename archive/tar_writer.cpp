#include "archive/tar_writer.h"

#include <algorithm>
#include <array>
#include <string>

#include "archive/pax.h"
#include "archive/tar_header.h"
#include "base/check.h"

namespace bulkhead::archive {

namespace {

constexpr std::array<std::byte, 16 * kTarBlock> kZeroes{};

char type_of(Kind kind) {
    switch (kind) {
        case Kind::File:
            return '0';
        case Kind::HardLink:
            return '1';
        case Kind::Symlink:
            return '2';
        case Kind::CharDevice:
            return '3';
        case Kind::BlockDevice:
            return '4';
        case Kind::Directory:
            return '5';
        case Kind::Fifo:
            return '6';
    }
    return '0';
}

// The map of a sparse file, which stands before its bytes (GNU tar manual, "Storing Sparse Files",
// PAX format 1.0): the number of runs, then each one's offset and length, all in decimal on lines.
std::string sparse_map(const Entry& entry) {
    if (!entry.runs) return {};
    std::string map = std::to_string(entry.runs->size()) + "\n";
    for (const Run& run : *entry.runs)
        map += std::to_string(run.offset) + "\n" + std::to_string(run.length) + "\n";
    map.resize((map.size() + kTarBlock - 1) / kTarBlock * kTarBlock, '\0');
    return map;
}

std::uint64_t content_bytes(const Entry& entry) {
    if (entry.kind != Kind::File) return 0;
    if (!entry.runs) return entry.size;
    std::uint64_t sum = 0;
    for (const Run& run : *entry.runs) sum += run.length;
    return sum;
}

}  // namespace

Result<void> TarWriter::add_extended(const Entry& entry, const std::string& map) {
    PaxRecords records = pax_of(entry);
    if (entry.runs) {
        records.insert_or_assign(std::string(kSparseMajor), "1");
        records.insert_or_assign(std::string(kSparseMinor), "0");
        records.insert_or_assign(std::string(kSparseName), entry.path);
        records.insert_or_assign(std::string(kSparseSize), std::to_string(entry.size));
        records.erase("path");
        records.erase("size");
        if (!fits_size(map.size() + content_bytes(entry)))
            records["size"] = std::to_string(map.size() + content_bytes(entry));
    }
    if (records.empty()) return {};
    const std::string text = format_pax(records);
    TarHeader header;
    header.name = "PaxHeader";
    header.type = 'x';
    header.mode = 0644;
    header.size = text.size();
    TRY(sink_.write(format_header(header)));
    TRY(sink_.write(std::as_bytes(std::span(text))));
    return pad();
}

Result<void> TarWriter::add(const Entry& entry) {
    BULKHEAD_CHECK(left_ == 0);
    TRY(pad());
    const std::string map = entry.kind == Kind::File ? sparse_map(entry) : std::string();
    TRY(add_extended(entry, map));
    TarHeader header;
    header.name = entry.path;
    // Readers that know no extended headers find it among others of its kind.
    if (entry.kind == Kind::Directory && !header.name.ends_with('/') && header.name.size() < 100)
        header.name += '/';
    header.link = entry.target;
    header.type = type_of(entry.kind);
    header.mode = entry.mode;
    header.uid = entry.uid;
    header.gid = entry.gid;
    header.size = map.size() + content_bytes(entry);
    header.mtime = entry.mtime;
    header.device_major = entry.device_major;
    header.device_minor = entry.device_minor;
    TRY(sink_.write(format_header(header)));
    TRY(sink_.write(std::as_bytes(std::span(map))));
    left_ = content_bytes(entry);
    return {};
}

Result<void> TarWriter::write(std::span<const std::byte> bytes) {
    BULKHEAD_CHECK(bytes.size() <= left_);
    left_ -= bytes.size();
    return sink_.write(bytes);
}

Result<void> TarWriter::fill() {
    while (left_ != 0) {
        const auto count = std::min<std::size_t>(left_, kZeroes.size());
        TRY(write(std::span(kZeroes).first(count)));
    }
    return {};
}

// Members begin at whole blocks.
Result<void> TarWriter::pad() {
    const std::size_t over = sink_.count() % kTarBlock;
    return over == 0 ? Result<void>() : sink_.write(std::span(kZeroes).first(kTarBlock - over));
}

Result<void> TarWriter::finish() {
    BULKHEAD_CHECK(left_ == 0);
    TRY(pad());
    TRY(sink_.write(std::span(kZeroes).first(2 * kTarBlock)));
    return sink_.flush();
}

}  // namespace bulkhead::archive
