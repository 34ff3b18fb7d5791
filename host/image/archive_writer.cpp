#include "host/image/archive_writer.h"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::image {

class ArchiveWriter::Stream {
  public:
    explicit Stream(int fd) : fd_(fd), archive_(archive_write_new()) {
        BULKHEAD_CHECK(archive_ != nullptr);
        // ustar where it suffices, pax where a name or a size needs it.
        archive_write_set_format_pax_restricted(archive_);
        archive_write_set_bytes_in_last_block(archive_, 1);
    }

    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    ~Stream() {
        // Nothing more is written: an archive that was given up must not look complete.
        given_up_ = true;
        archive_write_free(archive_);
    }

    Result<void> open() {
        return check(archive_write_open(archive_, this, nullptr, &write_callback, nullptr));
    }

    Result<void> begin(const std::string& name, std::uint64_t size) {
        constexpr mode_t kMode = 0644;
        archive_entry* entry = archive_entry_new();
        BULKHEAD_CHECK(entry != nullptr);
        archive_entry_set_pathname(entry, name.c_str());
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, kMode);
        archive_entry_set_size(entry, static_cast<la_int64_t>(size));
        archive_entry_set_mtime(entry, 0, 0);
        const int status = archive_write_header(archive_, entry);
        archive_entry_free(entry);
        return check(status);
    }

    Result<void> write(std::span<const std::byte> bytes) {
        const la_ssize_t written = archive_write_data(archive_, bytes.data(), bytes.size());
        if (written == static_cast<la_ssize_t>(bytes.size())) return {};
        return failure();
    }

    Result<void> close() { return check(archive_write_close(archive_)); }

  private:
    static la_ssize_t write_callback(archive* /*archive*/, void* self, const void* bytes,
                                     std::size_t size) {
        return static_cast<Stream*>(self)->pass_on(
            std::span(static_cast<const std::byte*>(bytes), size));
    }

    la_ssize_t pass_on(std::span<const std::byte> bytes) {
        if (given_up_) return static_cast<la_ssize_t>(bytes.size());
        auto written = write_full(fd_, bytes);
        if (written) return static_cast<la_ssize_t>(bytes.size());
        error_ = std::move(written).error();
        archive_set_error(archive_, EIO, "%s", "writing failed");
        return -1;
    }

    Result<void> check(int status) { return status == ARCHIVE_OK ? Result<void>() : failure(); }

    Error failure() {
        if (error_) return *error_;
        const char* reason = archive_error_string(archive_);
        return Error(concat("writing an archive: ", reason != nullptr ? reason : "unknown reason"));
    }

    int fd_;
    archive* archive_;
    bool given_up_ = false;
    std::optional<Error> error_;
};

ArchiveWriter::ArchiveWriter(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}

ArchiveWriter::~ArchiveWriter() = default;

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::open(int fd) {
    auto stream = std::make_unique<Stream>(fd);
    TRY(stream->open());
    return std::unique_ptr<ArchiveWriter>(new ArchiveWriter(std::move(stream)));
}

Result<void> ArchiveWriter::add(const std::string& name, std::string_view content) {
    MemorySource source(std::as_bytes(std::span(content)));
    return add(name, content.size(), source);
}

Result<void> ArchiveWriter::add(const std::string& name, std::uint64_t size, ByteSource& content) {
    constexpr std::size_t kBufferBytes = 256 * 1024;
    if (!names_.insert(name).second) return {};
    TRY(stream_->begin(name, size));
    std::vector<std::byte> buffer(kBufferBytes);
    std::uint64_t left = size;
    while (true) {
        const std::size_t got = TRY(content.read(buffer));
        if (got > left || (got == 0 && left != 0))
            return Error(concat(name, ": the content is not as long as announced"));
        if (got == 0) return {};
        TRY(stream_->write(std::span(buffer).first(got)));
        left -= got;
    }
}

Result<void> ArchiveWriter::finish() {
    return stream_->close();
}

}  // namespace bulkhead::image
