#include "host/image/tar_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>
#include <clocale>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/checked.h"
#include "base/text.h"
#include "host/image/layer_path.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

// libarchive converts names from UTF-8 to the locale's encoding, and normalises them on the way. In
// the "C" locale the conversion fails for every name that it would change, and the bytes stay as
// they are.
class PlainLocale {
  public:
    PlainLocale() : plain_(newlocale(LC_ALL_MASK, "C", nullptr)), before_(uselocale(plain_)) {}

    PlainLocale(const PlainLocale&) = delete;
    PlainLocale& operator=(const PlainLocale&) = delete;

    ~PlainLocale() {
        uselocale(before_);
        freelocale(plain_);
    }

  private:
    locale_t plain_;
    locale_t before_;
};

std::string_view text_or_empty(const char* text) {
    return text != nullptr ? text : std::string_view();
}

Result<void> read_times_and_owner(archive_entry* from, LayerEntry& to) {
    const auto uid = narrow<std::uint32_t>(archive_entry_uid(from));
    const auto gid = narrow<std::uint32_t>(archive_entry_gid(from));
    if (!uid || !gid) {
        return Error(concat("owner ", archive_entry_uid(from), ":", archive_entry_gid(from),
                            " does not fit into 32 bits"));
    }
    to.uid = *uid;
    to.gid = *gid;
    to.mode = static_cast<std::uint16_t>(archive_entry_perm(from) & 07777U);
    if (archive_entry_mtime_is_set(from) != 0) {
        to.mtime = archive_entry_mtime(from);
        const long nanoseconds = archive_entry_mtime_nsec(from);
        if (nanoseconds >= 0 && nanoseconds < 1000000000) {
            to.mtime_nanoseconds = static_cast<std::uint32_t>(nanoseconds);
        }
    }
    return {};
}

Result<void> read_xattrs(archive_entry* from, LayerEntry& to) {
    const int count = archive_entry_xattr_reset(from);
    if (count < 0 || static_cast<std::size_t>(count) > kMaxXattrs) {
        return Error(concat("more than ", kMaxXattrs, " extended attributes"));
    }
    std::size_t total = 0;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    while (archive_entry_xattr_next(from, &name, &value, &size) == ARCHIVE_OK) {
        const std::string_view key = text_or_empty(name);
        total += key.size() + size;
        if (key.empty() || key.size() > kMaxNameBytes || size > kMaxXattrValueBytes ||
            total > kMaxXattrBytes) {
            return Error(concat("extended attribute \"", printable(key), "\" of ", size,
                                " bytes: too large, or too many"));
        }
        to.xattrs.push_back({std::string(key), std::string(static_cast<const char*>(value), size)});
    }
    return {};
}

Result<void> read_kind(archive_entry* from, LayerEntry& to) {
    if (const char* link = archive_entry_hardlink(from); link != nullptr) {
        to.kind = EntryKind::HardLink;
        to.target = link;
        return {};
    }
    switch (archive_entry_filetype(from)) {
        case AE_IFDIR:
            to.kind = EntryKind::Directory;
            return {};
        case AE_IFREG: {
            to.kind = EntryKind::File;
            const auto size = narrow<std::uint64_t>(archive_entry_size(from));
            if (!size || *size > kMaxFileBytes) {
                return Error(concat("size ", archive_entry_size(from), " is over the limit of ",
                                    bytes_text(kMaxFileBytes)));
            }
            to.size = *size;
            return {};
        }
        case AE_IFLNK:
            to.kind = EntryKind::Symlink;
            to.target = text_or_empty(archive_entry_symlink(from));
            return {};
        case AE_IFIFO:
            to.kind = EntryKind::Fifo;
            return {};
        case AE_IFCHR:
            to.kind = EntryKind::CharDevice;
            break;
        case AE_IFBLK:
            to.kind = EntryKind::BlockDevice;
            break;
        default:
            return Error("unknown kind of file");
    }
    const auto major = narrow<std::uint32_t>(archive_entry_rdevmajor(from));
    const auto minor = narrow<std::uint32_t>(archive_entry_rdevminor(from));
    if (!major || !minor) return Error("device number does not fit");
    to.device_major = *major;
    to.device_minor = *minor;
    return {};
}

// libarchive says ARCHIVE_WARN for what it could not convert, which is what we want (see
// PlainLocale), and for headers that it skipped because they were malformed, which we do not
// accept.
bool is_conversion_warning(std::string_view message) {
    return message.find("can't be converted from") != std::string_view::npos;
}

}  // namespace

class TarReader::Implementation {
  public:
    explicit Implementation(ByteSource* source)
        : source_(source),
          buffer_(source != nullptr ? kReadBytes : 0),
          archive_(archive_read_new()) {
        BULKHEAD_CHECK(archive_ != nullptr);
        archive_read_support_format_tar(archive_);
    }

    Implementation(const Implementation&) = delete;
    Implementation& operator=(const Implementation&) = delete;

    ~Implementation() { archive_read_free(archive_); }

    Result<void> open(int fd) {
        const int status = source_ != nullptr
                               ? archive_read_open(archive_, this, nullptr, &read_callback, nullptr)
                               : archive_read_open_fd(archive_, fd, kReadBytes);
        // libarchive does not take an empty stream for an archive; a layer may be one.
        empty_ = status != ARCHIVE_OK && source_ != nullptr && !any_bytes_ && !source_error_;
        if (status != ARCHIVE_OK && !empty_) return failure();
        return {};
    }

    // The reason of the last failure: the source's own, if it was that.
    Error failure() {
        if (source_error_) return *source_error_;
        return Error(
            concat("not a valid tar archive: ", text_or_empty(archive_error_string(archive_))));
    }

    static la_ssize_t read_callback(archive* /*archive*/, void* self, const void** bytes) {
        return static_cast<Implementation*>(self)->read(bytes);
    }

    la_ssize_t read(const void** bytes) {
        auto got = source_->read(buffer_);
        if (!got.ok()) {
            source_error_ = std::move(got).error();
            archive_set_error(archive_, EIO, "%s", "reading failed");
            return -1;
        }
        any_bytes_ = any_bytes_ || *got != 0;
        *bytes = buffer_.data();
        return static_cast<la_ssize_t>(*got);
    }

    ByteSource* source_;
    std::vector<std::byte> buffer_;
    bool any_bytes_ = false;
    bool empty_ = false;
    std::optional<Error> source_error_;
    archive* archive_;
    archive_entry* entry_ = nullptr;
};

TarReader::TarReader(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

TarReader::~TarReader() = default;

Result<std::unique_ptr<TarReader>> TarReader::open(ByteSource& source) {
    auto implementation = std::make_unique<Implementation>(&source);
    TRY(implementation->open(-1));
    return std::unique_ptr<TarReader>(new TarReader(std::move(implementation)));
}

Result<std::unique_ptr<TarReader>> TarReader::open_file(int fd) {
    auto implementation = std::make_unique<Implementation>(nullptr);
    TRY(implementation->open(fd));
    return std::unique_ptr<TarReader>(new TarReader(std::move(implementation)));
}

Result<std::optional<LayerEntry>> TarReader::next() {
    const PlainLocale locale;
    Implementation& self = *implementation_;
    if (self.empty_) return std::optional<LayerEntry>();
    const int status = archive_read_next_header(self.archive_, &self.entry_);
    if (status == ARCHIVE_EOF) return std::optional<LayerEntry>();
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return self.failure();
    if (status == ARCHIVE_WARN &&
        !is_conversion_warning(text_or_empty(archive_error_string(self.archive_)))) {
        return self.failure();
    }
    LayerEntry entry;
    entry.path = text_or_empty(archive_entry_pathname(self.entry_));
    TRY_CONTEXT(read_kind(self.entry_, entry), quoted(entry.path));
    TRY_CONTEXT(read_times_and_owner(self.entry_, entry), quoted(entry.path));
    TRY_CONTEXT(read_xattrs(self.entry_, entry), quoted(entry.path));
    return std::optional<LayerEntry>(std::move(entry));
}

Result<std::optional<TarReader::Block>> TarReader::read_block() {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(implementation_->archive_, &bytes, &size, &offset);
    if (status == ARCHIVE_EOF) return std::optional<Block>();
    if (status != ARCHIVE_OK) return implementation_->failure();
    const auto at = narrow<std::uint64_t>(offset);
    if (!at) return Error("not a valid tar archive: negative offset in a sparse file");
    return std::optional<Block>(Block{*at, {static_cast<const std::byte*>(bytes), size}});
}

std::uint64_t TarReader::data_offset() const {
    return static_cast<std::uint64_t>(archive_filter_bytes(implementation_->archive_, 0));
}

bool TarReader::contiguous() const {
    return archive_entry_sparse_count(implementation_->entry_) == 0;
}

}  // namespace bulkhead::image
