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
#include "host/templates/saved_files.h"
#include "host/templates/written_pages.h"

namespace bulkhead::templates {

namespace {

namespace fs = std::filesystem;

constexpr const char* kLockFile = "lock";
constexpr std::size_t kIdDigits = 64;

bool is_id(std::string_view name) {
    return name.size() == kIdDigits && image::is_lower_hex(name);
}

std::int64_t changed_at_ns(const fs::path& path) {
    struct stat status {};

    if (::lstat(path.c_str(), &status) != 0) return 0;
    return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

Result<Entry> read_entry(const UniqueFd& directory) {
    return parse_entry(TRY(read_saved_text(directory, kEntryFile, kMostEntryBytes)));
}

// None, where they are not known, or not yet.
std::vector<PageRun> written_pages(const UniqueFd& directory, const Entry& entry) {
    const auto text = read_saved_text(directory, kWrittenFile, kMostWrittenBytes);
    if (!text) return {};
    auto runs = parse_written(*text, entry.memory_file_bytes / kPageBytes);
    if (runs) return *std::move(runs);
    log::warning("a template's list of written pages is not used: " + runs.error().message());
    return {};
}

Result<Store::Found> open_all(const UniqueFd& directory,
                              const std::function<bool(const Key&)>& is_right) {
    Store::Found found;
    found.entry = TRY(read_entry(directory));
    const Entry& entry = found.entry;
    if (!is_right(entry.key)) return Error("the key is another one's");
    found.snapshot.state = TRY(open_saved_file(directory, kStateFile, entry.state_bytes));
    found.snapshot.memory = TRY(open_saved_file(directory, kMemoryFile, entry.memory_file_bytes));
    if (entry.disks != 0) found.snapshot.written = written_pages(directory, entry);
    if (entry.disk_file_bytes != 0)
        found.disk = TRY(open_saved_file(directory, kDiskFile, entry.disk_file_bytes));
    return found;
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

Result<std::optional<Store::Found>> Store::find(const std::string& id) const {
    return find(id, [&id](const Key& key) { return key.id() == id; });
}

// Comparing is cheaper than making the id anew.
Result<std::optional<Store::Found>> Store::find(const Key& key) const {
    return find(key.id(), [&key](const Key& found) { return found == key; });
}

Result<std::optional<Store::Found>> Store::find(const std::string& id,
                                                const IsRight& is_right) const {
    const auto directory = open_file(path_of(id), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory) {
        if (directory.error().is(std::errc::no_such_file_or_directory))
            return std::optional<Found>();
        return directory.error();
    }
    auto found = open_all(*directory, is_right);
    if (found) {
        found->id = id;
        mark_used(*directory, found->snapshot.memory);
        return std::optional(*std::move(found));
    }
    log::warning(
        concat("template ", id, " is damaged (", found.error().message(), ") and is removed"));
    TRY(remove(id));
    return std::optional<Found>();
}

Result<std::optional<image::FileLock>> Store::try_lock() const {
    return image::FileLock::try_acquire(concat(directory_, "/", kLockFile),
                                        image::FileLock::Mode::Exclusive);
}

Result<std::optional<NewTemplate>> Store::begin(const Key& key) const {
    TRY(image::make_directory(directory_));
    auto lock = TRY(try_lock());
    if (!lock) return std::optional<NewTemplate>();
    static_cast<void>(remove_unfinished(directory_));
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
    return remove_saved(directory_, id);
}

Result<std::uint64_t> Store::sweep() const {
    std::error_code failed;
    if (!fs::exists(directory_, failed)) return std::uint64_t{0};
    const auto lock = TRY(try_lock());
    return lock ? remove_unfinished(directory_) : 0;
}

}  // namespace bulkhead::templates
