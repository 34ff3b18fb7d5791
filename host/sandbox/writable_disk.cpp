#include "host/sandbox/writable_disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/sandbox/disk_format.h"
#include "host/sandbox/disk_template.h"

namespace bulkhead::sandbox {

namespace {

Result<UniqueFd> make_unnamed(const std::string& directory) {
    UniqueFd file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file.valid()) return file;
    // Some file systems have no O_TMPFILE (overlayfs before Linux 6.3, NFS).
    std::string path = directory + "/.disk-XXXXXX";
    file.reset(::mkostemp(path.data(), O_CLOEXEC));
    if (!file.valid()) return errno_error("make a file in " + directory);
    if (::unlink(path.c_str()) != 0) return errno_error("unlink " + path);
    return file;
}

Result<void> fill(const WritableDisk& disk, int fd) {
    if (disk.size == kTemplateDiskBytes) return write_template(disk.template_path, fd);
    if (::ftruncate(fd, static_cast<off_t>(disk.size)) != 0) return errno_error("set its size");
    return format_ext4(fd, disk.size);
}

}  // namespace

Result<UniqueFd> make_disk_file(const WritableDisk& disk) {
    const int flags = O_RDWR | O_CREAT | O_EXCL;
    if (!disk.name) return make_unnamed(disk.directory);
    return open_file(disk.directory + "/" + *disk.name, flags, 0600);
}

Result<UniqueFd> make_writable_disk(const WritableDisk& disk) {
    if (disk.size < WritableDisk::kSmallest || disk.size > WritableDisk::kLargest) {
        return Error(concat("a writable disk of ", bytes_text(disk.size), ": at least ",
                            bytes_text(WritableDisk::kSmallest), ", at most ",
                            bytes_text(WritableDisk::kLargest)));
    }
    UniqueFd file = TRY(make_disk_file(disk));
    TRY_CONTEXT(fill(disk, file.get()), "making the writable disk in " + disk.directory);
    return file;
}

}  // namespace bulkhead::sandbox
