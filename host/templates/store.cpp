#include "host/templates/store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/digest.h"
#include "host/templates/bound.h"

namespace bulkhead::templates {

namespace {

namespace fs = std::filesystem;

// What begins so is not finished, or on its way out.
constexpr char kUnfinished = '.';
constexpr const char* kLockFile = "lock";
constexpr std::size_t kIdDigits = 64;

bool is_id(std::string_view name) {
    return name.size() == kIdDigits && image::is_lower_hex(name);
}

// That the files below it take of the disk.
std::uint64_t disk_bytes_of(const fs::path& directory) {
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

std::int64_t changed_at_ns(const fs::path& path) {
    struct stat status {};

    if (::lstat(path.c_str(), &status) != 0) return 0;
    return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

Result<UniqueFd> open_in(const UniqueFd& directory, const char* name) {
    UniqueFd file(::openat(directory.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.valid()) return errno_error(name);
    return file;
}

Result<UniqueFd> open_sized(const UniqueFd& directory, const char* name, std::uint64_t size) {
    UniqueFd file = TRY(open_in(directory, name));

    struct stat status {};

    if (::fstat(file.get(), &status) != 0) return errno_error(name);
    if (!S_ISREG(status.st_mode)) return Error(concat(name, ": no regular file"));
    if (static_cast<std::uint64_t>(status.st_size) != size)
        return Error(concat(name, ": ", status.st_size, " bytes, not ", size));
    return file;
}

Result<Entry> read_entry(const UniqueFd& directory) {
    const UniqueFd file = TRY(open_in(directory, kEntryFile));
    std::string text(kMostEntryBytes, '\0');
    text.resize(TRY(read_full(file.get(), std::as_writable_bytes(std::span(text)))));
    return parse_entry(text);
}

Result<sandbox::Snapshot> open_snapshot(const UniqueFd& directory, const std::string& id) {
    const Entry entry = TRY(read_entry(directory));
    if (entry.key.id() != id) return Error("the key is another one's");
    return sandbox::Snapshot{TRY(open_sized(directory, kStateFile, entry.state_bytes)),
                             TRY(open_sized(directory, kMemoryFile, entry.memory_file_bytes))};
}

}  // namespace

std::string store_path(const std::string& root) {
    return root + "/templates";
}

std::string Store::path_of(const std::string& id) const {
    return concat(directory_, "/", id);
}

std::string Store::memory_of(const std::string& id) const {
    return concat(path_of(id), "/", kMemoryFile);
}

Result<std::optional<sandbox::Snapshot>> Store::find(const std::string& id) const {
    const auto directory = open_file(path_of(id), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory) {
        if (directory.error().is(std::errc::no_such_file_or_directory))
            return std::optional<sandbox::Snapshot>();
        return directory.error();
    }
    auto snapshot = open_snapshot(*directory, id);
    if (snapshot) {
        mark_used(*directory, snapshot->memory);
        return std::optional(*std::move(snapshot));
    }
    log::warning(
        concat("template ", id, " is damaged (", snapshot.error().message(), ") and is removed"));
    TRY(remove(id));
    return std::optional<sandbox::Snapshot>();
}

Result<std::optional<image::FileLock>> Store::try_lock() const {
    return image::FileLock::try_acquire(concat(directory_, "/", kLockFile),
                                        image::FileLock::Mode::Exclusive);
}

Result<std::optional<NewTemplate>> Store::begin(const Key& key) const {
    TRY(image::make_directory(directory_));
    auto lock = TRY(try_lock());
    if (!lock) return std::optional<NewTemplate>();
    static_cast<void>(remove_unfinished());
    return std::optional(TRY(NewTemplate::make(directory_, key, *std::move(lock))));
}

Result<std::vector<Store::Listed>> Store::list() const {
    std::vector<Listed> found;
    std::error_code failed;
    for (fs::directory_iterator each(directory_, failed), end; !failed && each != end;
         each.increment(failed)) {
        const std::string id = each->path().filename().string();
        if (!is_id(id)) continue;
        Listed listed{id, std::nullopt, disk_bytes_of(each->path()), changed_at_ns(each->path())};
        const auto directory = open_file(each->path(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        if (directory) {
            if (auto entry = read_entry(*directory)) listed.entry = *std::move(entry);
        } else if (directory.error().is(std::errc::no_such_file_or_directory)) {
            continue;  // removed meanwhile
        }
        found.push_back(std::move(listed));
    }
    if (failed && failed != std::errc::no_such_file_or_directory)
        return Error(failed, concat("listing ", directory_, ": ", failed.message()));
    return found;
}

Result<bool> Store::remove(const std::string& id) const {
    // Out of the way at once and as a whole, whoever else removes or makes it.
    std::string away = concat(directory_, "/", kUnfinished, "old-XXXXXX");
    std::error_code failed;
    const bool moved =
        ::mkdtemp(away.data()) != nullptr && std::rename(path_of(id).c_str(), away.c_str()) == 0;
    if (!moved) {
        const int error = errno;
        fs::remove(away, failed);
        if (error == ENOENT) return false;
        return errno_error(error, "remove template " + id);
    }
    fs::remove_all(away, failed);
    if (failed) return Error(failed, concat("remove template ", id, ": ", failed.message()));
    return true;
}

Result<std::uint64_t> Store::sweep() const {
    std::error_code failed;
    if (!fs::exists(directory_, failed)) return std::uint64_t{0};
    const auto lock = TRY(try_lock());
    return lock ? remove_unfinished() : 0;
}

std::uint64_t Store::remove_unfinished() const {
    std::uint64_t freed = 0;
    std::error_code failed;
    for (fs::directory_iterator each(directory_, failed), end; !failed && each != end;
         each.increment(failed)) {
        if (each->path().filename().string().front() != kUnfinished) continue;
        freed += disk_bytes_of(each->path());
        std::error_code ignored;
        fs::remove_all(each->path(), ignored);
    }
    return freed;
}

}  // namespace bulkhead::templates
