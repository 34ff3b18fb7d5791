#include "host/image/blob_container.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <span>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

class DirectoryContainer : public BlobContainer {
  public:
    explicit DirectoryContainer(UniqueFd root) : root_(std::move(root)) {}

    Result<Blob> open(const std::string& name) override {
        open_how how{};
        // O_NONBLOCK: somebody may have put a FIFO there.
        how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
        how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
        auto file = std::make_shared<UniqueFd>(
            static_cast<int>(::syscall(SYS_openat2, root_.get(), name.c_str(), &how, sizeof how)));
        if (!file->valid()) {
            if (errno == ELOOP)
                return errno_error(concat(name, " (symbolic links are not followed)"));
            return errno_error(name);
        }

        struct stat status {};

        if (::fstat(file->get(), &status) != 0) return errno_error(name);
        if (!S_ISREG(status.st_mode)) return Error(concat(name, ": not a regular file"));
        return Blob{std::move(file), 0, static_cast<std::uint64_t>(status.st_size)};
    }

  private:
    UniqueFd root_;
};

}  // namespace

Result<bool> BlobContainer::contains(const std::string& name) {
    const auto blob = open(name);
    if (blob.ok()) return true;
    if (blob.error().is(std::errc::no_such_file_or_directory)) return false;
    return blob.error();
}

Result<std::string> BlobContainer::read(const std::string& name) {
    const Blob blob = TRY(open(name));
    if (blob.size > kMaxJsonBytes) {
        return Error(concat(name, ": ", bytes_text(blob.size), ", more than the limit of ",
                            bytes_text(kMaxJsonBytes)));
    }
    std::string content(blob.size, '\0');
    const std::size_t got = TRY_CONTEXT(
        pread_full(blob.file->get(), std::as_writable_bytes(std::span(content)), blob.offset),
        name);
    if (got != content.size()) return Error(concat(name, ": truncated"));
    return content;
}

Result<std::unique_ptr<BlobContainer>> open_directory_container(const std::string& path) {
    UniqueFd root = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
    return std::unique_ptr<BlobContainer>(new DirectoryContainer(std::move(root)));
}

}  // namespace bulkhead::image
