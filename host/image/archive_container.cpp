#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/blob_container.h"
#include "host/image/decompress.h"
#include "host/image/layer_path.h"
#include "host/image/limits.h"
#include "host/image/tar_reader.h"

namespace bulkhead::image {

namespace {

struct Member {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string link;  // normalised, of a symbolic link
};

class ArchiveContainer : public BlobContainer {
  public:
    ArchiveContainer(std::shared_ptr<const UniqueFd> file, std::map<std::string, Member> members)
        : file_(std::move(file)), members_(std::move(members)) {}

    Result<Blob> open(const std::string& name) override {
        constexpr int kMaxLinks = 8;
        std::string current = name;
        for (int links = 0; links <= kMaxLinks; ++links) {
            const auto found = members_.find(current);
            if (found == members_.end())
                return errno_error(ENOENT, concat("\"", printable(current), "\" in the archive"));
            if (found->second.link.empty())
                return Blob{file_, found->second.offset, found->second.size};
            current = found->second.link;
        }
        return Error(concat("\"", printable(name), "\" in the archive: too many symbolic links"));
    }

  private:
    std::shared_ptr<const UniqueFd> file_;
    std::map<std::string, Member> members_;
};

Result<UniqueFd> make_scratch_file(const std::string& directory) {
    std::string path = directory + "/archive.XXXXXX";
    UniqueFd file(::mkostemp(path.data(), O_CLOEXEC));
    if (!file.valid()) return errno_error("create " + path);
    ::unlink(path.c_str());
    return file;
}

// The archive as a plain tar file that can be read at any place. Also takes what cannot be sought,
// like a pipe.
Result<UniqueFd> make_seekable(UniqueFd file, const std::string& scratch_directory) {
    struct stat status {};

    if (::fstat(file.get(), &status) != 0) return errno_error("stat");
    const bool regular = S_ISREG(status.st_mode);
    if (regular) {
        std::array<std::byte, 6> magic{};
        const std::size_t got = TRY(pread_full(file.get(), magic, 0));
        if (detect_compression(std::span(magic).first(got)) == Compression::None) return file;
    }

    class PipeSource : public ByteSource {
      public:
        explicit PipeSource(int fd) : fd_(fd) {}

        Result<std::size_t> read(std::span<std::byte> buffer) override {
            return read_full(fd_, buffer);
        }

      private:
        int fd_;
    };

    UniqueFd plain = TRY(make_scratch_file(scratch_directory));
    PipeSource raw(file.get());
    const auto tar = TRY(open_decompressed(raw));
    std::vector<std::byte> buffer(std::size_t{1} << 20U);
    std::uint64_t total = 0;
    while (const std::size_t got = TRY(tar->read(buffer))) {
        total += got;
        if (total > kMaxBlobBytes)
            return Error(concat("larger than ", bytes_text(kMaxBlobBytes), " when decompressed"));
        TRY(write_full(plain.get(), std::span(buffer).first(got)));
    }
    if (::lseek(plain.get(), 0, SEEK_SET) != 0) return errno_error("lseek");
    return plain;
}

Result<std::map<std::string, Member>> scan(int fd) {
    std::map<std::string, Member> members;
    const auto tar = TRY(TarReader::open_file(fd));
    while (auto entry = TRY(tar->next())) {
        if (members.size() >= kMaxArchiveMembers)
            return Error(concat("more than ", kMaxArchiveMembers, " files"));
        Member found;
        std::string name = TRY(normalise_path(entry->path));
        if (entry->kind == EntryKind::File && tar->contiguous()) {
            found.offset = tar->data_offset();
            found.size = entry->size;
        } else if (entry->kind == EntryKind::Symlink) {
            found.link = TRY(normalise_path(concat(split_path(name).first, "/", entry->target)));
        } else if (entry->kind == EntryKind::HardLink) {
            found.link = TRY(normalise_path(entry->target));
        } else {
            continue;
        }
        members.insert_or_assign(std::move(name), std::move(found));
    }
    return members;
}

}  // namespace

Result<std::unique_ptr<BlobContainer>> open_archive_container(
    const std::string& path, const std::string& scratch_directory) {
    UniqueFd file = TRY(open_file(path, O_RDONLY));
    file = TRY_CONTEXT(make_seekable(std::move(file), scratch_directory), path);
    auto members = TRY_CONTEXT(scan(file.get()), path);
    return std::unique_ptr<BlobContainer>(new ArchiveContainer(
        std::make_shared<const UniqueFd>(std::move(file)), std::move(members)));
}

}  // namespace bulkhead::image
