#include "host/templates/saved_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::templates {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kOwnerWrites = 0600;
constexpr mode_t kOwnerReads = 0400;

}  // namespace

std::uint64_t disk_bytes_of(const std::string& directory) {
    constexpr std::uint64_t kBlock = 512;
    std::uint64_t sum = 0;
    std::error_code failed;
    for (fs::directory_iterator each(directory, failed), end; !failed && each != end;
         each.increment(failed)) {
        struct stat status {};

        if (::lstat(each->path().c_str(), &status) == 0)
            sum += static_cast<std::uint64_t>(status.st_blocks) * kBlock;
    }
    return sum;
}

Result<UniqueFd> make_saved_file(const std::string& path) {
    return open_file(path, O_RDWR | O_CREAT | O_EXCL, kOwnerWrites);
}

Result<std::uint64_t> finish_saved_file(const UniqueFd& file, const std::string& name) {
    if (::fchmod(file.get(), kOwnerReads) != 0 || ::fsync(file.get()) != 0)
        return errno_error(name);
    return file_size(file.get());
}

Result<UniqueFd> open_saved_file(const UniqueFd& directory, const char* name) {
    UniqueFd file(::openat(directory.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.valid()) return errno_error(name);
    return file;
}

Result<UniqueFd> open_saved_file(const UniqueFd& directory, const char* name, std::uint64_t size) {
    UniqueFd file = TRY(open_saved_file(directory, name));

    struct stat status {};

    if (::fstat(file.get(), &status) != 0) return errno_error(name);
    if (!S_ISREG(status.st_mode)) return Error(concat(name, ": no regular file"));
    if (static_cast<std::uint64_t>(status.st_size) != size)
        return Error(concat(name, ": ", status.st_size, " bytes, not ", size));
    return file;
}

Result<std::string> read_saved_text(const UniqueFd& directory, const char* name, std::size_t most) {
    const UniqueFd file = TRY(open_saved_file(directory, name));
    const std::uint64_t size = TRY(file_size(file.get()));
    if (size > most) return Error(concat(name, ": ", size, " bytes, more than ", most));
    std::string text(size, '\0');
    text.resize(TRY(read_full(file.get(), std::as_writable_bytes(std::span(text)))));
    return text;
}

Result<bool> remove_saved(const std::string& store, const std::string& name) {
    const std::string place = concat(store, "/", name);
    std::string away = concat(store, "/", kUnfinished, "old-XXXXXX");
    std::error_code failed;
    const bool moved =
        ::mkdtemp(away.data()) != nullptr && std::rename(place.c_str(), away.c_str()) == 0;
    if (!moved) {
        const int error = errno;
        fs::remove(away, failed);
        if (error == ENOENT) return false;
        return errno_error(error, "remove " + place);
    }
    fs::remove_all(away, failed);
    if (failed) return Error(failed, concat("remove ", place, ": ", failed.message()));
    return true;
}

std::uint64_t remove_unfinished(const std::string& store) {
    std::uint64_t freed = 0;
    std::error_code failed;
    for (fs::directory_iterator each(store, failed), end; !failed && each != end;
         each.increment(failed)) {
        if (each->path().filename().string().front() != kUnfinished) continue;
        freed += disk_bytes_of(each->path());
        std::error_code ignored;
        fs::remove_all(each->path(), ignored);
    }
    return freed;
}

}  // namespace bulkhead::templates
