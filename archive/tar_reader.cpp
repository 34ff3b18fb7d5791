#include "archive/tar_reader.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/text.h"

namespace bulkhead::archive {

namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 60U;

std::uint64_t padding_of(std::uint64_t size) {
    return (kTarBlock - size % kTarBlock) % kTarBlock;
}

Result<Kind> kind_of(char type, const std::string& name) {
    switch (type) {
        case '0':
        case '\0':
        case '7':
            // Archives from before POSIX mark directories so.
            return name.ends_with('/') ? Kind::Directory : Kind::File;
        case '1':
            return Kind::HardLink;
        case '2':
            return Kind::Symlink;
        case '3':
            return Kind::CharDevice;
        case '4':
            return Kind::BlockDevice;
        case '5':
            return Kind::Directory;
        case '6':
            return Kind::Fifo;
        default:
            return Error(concat("a kind of member that is not supported (type ",
                                static_cast<int>(type), ")"));
    }
}

template <class T>
Result<std::uint32_t> number32(T value) {
    if (value > std::numeric_limits<std::uint32_t>::max())
        return Error("a number does not fit into 32 bits");
    return static_cast<std::uint32_t>(value);
}

}  // namespace

Result<std::optional<TarHeader>> TarReader::read_header() {
    std::array<std::byte, kTarBlock> block{};
    if (TRY(feed_.fill(block)) == 0) {
        if (end_mark_ == EndMark::Optional) return std::optional<TarHeader>();
        return Error("the stream ended before the archive did");
    }
    return parse_header(block);
}

Result<std::string> TarReader::read_text(std::uint64_t size) {
    if (size > kMaxHeaderBytes) return Error("an extended header is too large");
    std::string text(size, '\0');
    if (size != 0 && TRY(feed_.fill(std::as_writable_bytes(std::span(text)))) == 0)
        return Error("the stream ended in an extended header");
    TRY(feed_.skip(padding_of(size)));
    return text;
}

Result<bool> TarReader::take_records(const TarHeader& header, PaxRecords& records) {
    const std::string text = TRY(read_text(header.size));
    TRY(parse_pax(text, records));
    if (records.size() > 2 * kMaxXattrs) return Error("too many extended headers");
    return true;
}

Result<bool> TarReader::take_extension(const TarHeader& header) {
    switch (header.type) {
        case 'x':
            return take_records(header, local_);
        case 'g':
            return take_records(header, global_);
        case 'L':
        case 'K': {
            std::string text = TRY(read_text(header.size));
            text.resize(std::min(text.size(), text.find('\0')));
            (header.type == 'L' ? long_name_ : long_link_) = std::move(text);
            return true;
        }
        default:
            return false;
    }
}

Result<std::optional<Entry>> TarReader::next() {
    TRY(feed_.skip(left_));
    TRY(feed_.skip(padding_));
    left_ = padding_ = 0;
    runs_.clear();
    run_ = 0;
    std::uint64_t extensions = 0;
    for (;;) {
        const auto header = TRY(read_header());
        if (!header) return std::optional<Entry>();
        if (TRY(take_extension(*header))) {
            // Each is bounded; so is their number.
            if (++extensions > kMaxXattrs) return Error("too many extended headers");
            continue;
        }
        Entry entry = TRY(make_entry(*header));
        TRY_CONTEXT(begin_content(entry), entry.path);
        local_.clear();
        return std::optional<Entry>(std::move(entry));
    }
}

Result<Entry> TarReader::make_entry(const TarHeader& header) {
    Entry entry;
    entry.path = std::exchange(long_name_, std::nullopt).value_or(header.name);
    entry.target = std::exchange(long_link_, std::nullopt).value_or(header.link);
    entry.mode = header.mode;
    entry.mtime = header.mtime;
    entry.size = header.size;
    PaxRecords records = global_;
    for (const auto& [name, value] : local_) records.insert_or_assign(name, value);
    // What an extended header replaces need not fit.
    entry.uid = records.contains("uid") ? 0 : TRY(number32(header.uid));
    entry.gid = records.contains("gid") ? 0 : TRY(number32(header.gid));
    entry.device_major = TRY(number32(header.device_major));
    entry.device_minor = TRY(number32(header.device_minor));
    TRY(apply_pax(records, entry));
    entry.kind = TRY_CONTEXT(kind_of(header.type, entry.path), entry.path);
    if (entry.path.empty() || entry.path.size() > kMaxPathBytes ||
        entry.target.size() > kMaxPathBytes || entry.path.find('\0') != std::string::npos ||
        entry.target.find('\0') != std::string::npos)
        return Error("a member's name is empty, too long or has a NUL in it");
    if (entry.size > kMaxFileBytes) return Error(concat(entry.path, ": too large"));
    return entry;
}

Result<void> TarReader::begin_content(Entry& entry) {
    // POSIX allows a hard link to have content; nobody writes such.
    const bool content = entry.kind == Kind::File;
    left_ = entry.size;
    padding_ = padding_of(entry.size);
    if (!content) {
        entry.size = 0;
        return {};
    }
    const auto major = local_.find(kSparseMajor);
    const auto size = local_.find(kSparseSize);
    if (major != local_.end() && size != local_.end() && major->second == "1")
        return read_sparse_map(entry, TRY(parse_natural(size->second)));
    for (const auto& [name, value] : local_) {
        if (name.starts_with("GNU.sparse.")) return Error("an unknown form of sparse file");
    }
    if (entry.size != 0) runs_ = {{0, entry.size}};
    return {};
}

// Decimal digits up to a line end.
Result<std::uint64_t> TarReader::read_map_number() {
    std::string digits;
    constexpr std::size_t kMostDigits = 20;
    for (;;) {
        if (left_ == 0 || digits.size() > kMostDigits) return Error("a sparse file's map is cut");
        const auto byte = TRY(feed_.take(1));
        if (byte.empty()) return Error("the stream ended in a sparse file's map");
        --left_;
        if (static_cast<char>(byte[0]) == '\n') return parse_natural(digits);
        digits.push_back(static_cast<char>(byte[0]));
    }
}

Result<void> TarReader::read_sparse_map(Entry& entry, std::uint64_t real_size) {
    const std::uint64_t stored = left_;
    const std::uint64_t count = TRY(read_map_number());
    if (count > kMaxRuns || real_size > kMaxFileBytes)
        return Error("a sparse file with too much in it");
    std::uint64_t end = 0;
    std::uint64_t total = 0;
    std::vector<Run> runs;
    for (std::uint64_t i = 0; i < count; ++i) {
        Run run;
        run.offset = TRY(read_map_number());
        run.length = TRY(read_map_number());
        if (run.offset < end || run.offset > real_size || run.length > real_size - run.offset)
            return Error("a sparse file's map is out of order");
        end = run.offset + run.length;
        total += run.length;
        runs.push_back(run);
    }
    const std::uint64_t rest = padding_of(stored - left_);
    if (rest > left_) return Error("a sparse file's map is cut");
    TRY(feed_.skip(rest));
    left_ -= rest;
    if (total != left_) return Error("a sparse file's map does not fit its content");
    entry.size = real_size;
    entry.runs = runs;
    runs_ = std::move(runs);
    return {};
}

Result<std::optional<TarReader::Block>> TarReader::read() {
    while (run_ < runs_.size() && runs_[run_].length == 0) ++run_;
    if (run_ == runs_.size()) return std::optional<Block>();
    Run& run = runs_[run_];
    const auto most = std::min<std::size_t>(run.length, kPipeBytes);
    const auto bytes = TRY(feed_.take(most));
    if (bytes.empty()) return Error("the stream ended in a file");
    const Block block{run.offset, bytes};
    run.offset += bytes.size();
    run.length -= bytes.size();
    left_ -= bytes.size();
    return std::optional<Block>(block);
}

}  // namespace bulkhead::archive
