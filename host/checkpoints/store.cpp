#include "host/checkpoints/store.h"

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/state/names.h"
#include "host/templates/saved_files.h"

namespace bulkhead::checkpoints {

namespace {

namespace fs = std::filesystem;

Result<UniqueFd> open_directory(const std::string& path) {
    return open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

Result<Entry> read_entry(const UniqueFd& directory) {
    return parse_entry(TRY(templates::read_saved_text(directory, kEntryFile, kMostEntryBytes)));
}

Result<Checkpoint> open_checkpoint(const UniqueFd& directory, const std::string& path) {
    Checkpoint found;
    found.entry = TRY(read_entry(directory));
    found.directory = path;
    found.snapshot.state =
        TRY(templates::open_saved_file(directory, kStateFile, found.entry.state_bytes));
    found.snapshot.memory =
        TRY(templates::open_saved_file(directory, kMemoryFile, found.entry.memory_file_bytes));
    found.disk = TRY(templates::open_saved_file(directory, kDiskFile, found.entry.disk_file_bytes));
    return found;
}

}  // namespace

std::string store_path(const std::string& root) {
    return root + "/checkpoints";
}

std::string Store::path_of(const std::string& name) const {
    return concat(directory_, "/", name);
}

std::string Store::lock_path() const {
    return directory_ + ".lock";  // beside it: in it there are names of users' choice
}

Result<Checkpoint> Store::find(const std::string& name) const {
    const auto none = [&name] { return Error(concat("No such checkpoint: ", name)); };
    if (!state::check_name(name)) return none();
    const auto directory = open_directory(path_of(name));
    if (!directory) {
        if (directory.error().is(std::errc::no_such_file_or_directory)) return none();
        return directory.error();
    }
    auto found = open_checkpoint(*directory, path_of(name));
    if (found) return found;
    return Error(concat("checkpoint ", name, " is damaged: ", found.error().message()));
}

Result<NewCheckpoint> Store::begin(const std::string& name) const {
    TRY(state::check_name(name));
    std::error_code failed;
    if (fs::exists(path_of(name), failed))
        return Error(concat("there is a checkpoint ", name, " already"));
    TRY(image::make_directory(directory_));
    static_cast<void>(sweep());
    auto lock = TRY(image::FileLock::acquire(lock_path(), image::FileLock::Mode::Shared));
    return NewCheckpoint::make(directory_, name, std::move(lock));
}

Result<std::vector<Store::Listed>> Store::list() const {
    std::vector<Listed> found;
    std::error_code failed;
    for (fs::directory_iterator each(directory_, failed), end; !failed && each != end;
         each.increment(failed)) {
        const std::string name = each->path().filename().string();
        if (name.front() == templates::kUnfinished) continue;
        Listed listed{name, std::nullopt, {}, templates::disk_bytes_of(each->path())};
        if (const auto directory = open_directory(each->path())) {
            auto entry = read_entry(*directory);
            if (entry) {
                listed.entry = *std::move(entry);
            } else {
                listed.damage = entry.error().message();
            }
        } else if (directory.error().is(std::errc::no_such_file_or_directory)) {
            continue;  // removed meanwhile
        } else {
            listed.damage = directory.error().message();
        }
        found.push_back(std::move(listed));
    }
    if (failed && failed != std::errc::no_such_file_or_directory)
        return Error(failed, concat("listing ", directory_, ": ", failed.message()));
    std::ranges::sort(found, {}, &Listed::name);
    return found;
}

Result<bool> Store::remove(const std::string& name) const {
    if (name.empty() || name.front() == templates::kUnfinished ||
        name.find('/') != std::string::npos)
        return false;
    return templates::remove_saved(directory_, name);
}

Result<std::uint64_t> Store::sweep() const {
    std::error_code failed;
    if (!fs::exists(directory_, failed)) return std::uint64_t{0};
    const auto lock =
        TRY(image::FileLock::try_acquire(lock_path(), image::FileLock::Mode::Exclusive));
    return lock ? templates::remove_unfinished(directory_) : 0;
}

}  // namespace bulkhead::checkpoints
