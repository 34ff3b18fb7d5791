#include "host/state/state_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/state/layout.h"
#include "host/state/names.h"
#include "host/state/owner.h"

namespace bulkhead::state {

namespace {

namespace fs = std::filesystem;

constexpr int kNameAttempts = 20;

// The entries of a directory; none when it cannot be read.
std::vector<std::string> entries_of(const std::string& directory) {
    std::vector<std::string> names;
    std::error_code failure;
    for (fs::directory_iterator it(directory, failure), end; !failure && it != end;
         it.increment(failure))
        names.push_back(it->path().filename().string());
    return names;
}

// A directory that is being made has a moment before its lock is held.
bool is_young(const std::string& directory) {
    constexpr std::time_t kLongAgo = 60;

    struct stat status {};

    return ::stat(directory.c_str(), &status) == 0 && ::time(nullptr) - status.st_mtime < kLongAgo;
}

// It is said to run, and nobody owns it.
void mark_lost(Record& record) {
    record.vmm_pid = 0;
    if (record.boot_id.empty() || record.boot_id == host_boot_id()) {
        record.status = Status::Dead;
        return;
    }
    record.status = Status::Exited;
    record.exit_code = Record::kExitOfLostHost;
    record.error = "the host went down while it ran";
}

// The id that a name stands for.
std::optional<std::string> id_behind(const std::string& link) {
    std::array<char, 128> buffer{};
    const ssize_t length = ::readlink(link.c_str(), buffer.data(), buffer.size());
    if (length <= 0) return {};
    return std::string(buffer.data(), static_cast<std::size_t>(length));
}

// A new container's directory, hidden, with its lock held. It is there before its name is claimed:
// a name without a directory is one that a crash left.
Result<UniqueFd> make_hidden(const std::string& hidden) {
    if (::mkdir(hidden.c_str(), 0700) != 0) return errno_error("make " + hidden);
    UniqueFd lock = TRY(open_file(hidden + "/" + kLockFile, O_RDWR | O_CREAT | O_EXCL, 0600));
    if (!TRY(try_lock(lock))) return Error("the lock of a new container is taken");
    return lock;
}

Result<void> make_visible(const std::string& hidden, const std::string& visible,
                          const Record& record) {
    TRY(write_file_atomically(hidden + "/" + kStateFile, to_json(record)));
    if (::rename(hidden.c_str(), visible.c_str()) != 0) return errno_error("rename " + hidden);
    return {};
}

// Whoever has its lock runs it, or works on the files of one that does not run.
std::string busy_text(const std::string& directory, const Record& record) {
    const auto current = read_record(directory);
    if (!current || is_live(current->status))
        return concat("container ", record.name, " is running");
    return concat("container ", record.name,
                  " is busy: another command starts it or works on its files; try again");
}

// Whoever claims a name, or finds that a claim is stale, does so alone. Only for a moment, unless
// somebody stopped that process.
Result<UniqueFd> lock_names(const std::string& folder) {
    constexpr std::chrono::milliseconds kPause{5};
    constexpr int kPauses = 2000;
    UniqueFd lock = TRY(open_file(folder, O_RDONLY | O_DIRECTORY));
    for (int i = 0; i < kPauses; ++i) {
        if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
        if (errno != EWOULDBLOCK && errno != EINTR) return errno_error("lock " + folder);
        std::this_thread::sleep_for(kPause);
    }
    return Error(folder + ": another process does not let go of it");
}

}  // namespace

std::string StateStore::containers_folder(bool auto_remove) const {
    return (auto_remove ? paths_.state : paths_.root) + "/" + kContainersFolder;
}

std::string StateStore::name_link(std::string_view name) const {
    return concat(paths_.root, "/", kNamesFolder, "/", name);
}

Result<StateStore> StateStore::open(Paths paths) {
    StateStore store(std::move(paths));
    // By themselves, so that what is below is nobody else's either.
    TRY(make_directories(store.paths_.root));
    TRY(make_directories(store.paths_.state));
    TRY(make_directories(store.paths_.root + "/" + kNamesFolder));
    TRY(make_directories(store.paths_.root + "/" + kLogsFolder));
    TRY(make_directories(store.paths_.state + "/" + kSocketsFolder));
    TRY(make_directories(store.containers_folder(false)));
    TRY(make_directories(store.containers_folder(true)));
    TRY(store.sweep());
    return store;
}

Result<void> StateStore::sweep() const {
    const std::string folder = containers_folder(true);
    for (const std::string& entry : entries_of(folder)) {
        const std::string directory = concat(folder, "/", entry);
        if (entry.starts_with(kNewPrefix) && is_young(directory)) continue;
        const auto lock = open_file(directory + "/" + kLockFile, O_RDWR);
        if (!lock) continue;  // removed this moment
        if (!TRY(try_lock(*lock))) continue;
        const auto record = read_record(directory);
        if (record && record->status == Status::Created) continue;
        const auto removed =
            remove_container_files(directory, record ? name_link(record->name) : "");
        if (!removed) log::warning(removed.error().message());
        if (record) remove_cgroup(*record);
    }
    sweep_files();
    return {};
}

// Logs and sockets whose container is gone: a reboot emptied the state directory, or a crash came
// between the two.
void StateStore::sweep_files() const {
    for (const std::string& folder :
         {paths_.root + "/" + kLogsFolder, paths_.state + "/" + kSocketsFolder}) {
        for (const std::string& entry : entries_of(folder)) {
            if (!container_exists(entry.substr(0, entry.find('.'))))
                static_cast<void>(::unlink(concat(folder, "/", entry).c_str()));
        }
    }
}

bool StateStore::container_exists(std::string_view id) const {
    constexpr std::array kFolders = {false, true};
    return std::any_of(kFolders.begin(), kFolders.end(), [&](bool auto_remove) {
        const std::string folder = containers_folder(auto_remove);
        // In this order: a new one goes from the first place to the second.
        return ::access(concat(folder, "/", kNewPrefix, id).c_str(), F_OK) == 0 ||
               ::access(concat(folder, "/", id).c_str(), F_OK) == 0;
    });
}

// A name whose container does not exist: its owner crashed between the two, or a reboot emptied
// the state directory. Or one of two that a rename left, which crashed half-way.
bool StateStore::claim_is_stale(const std::string& link) const {
    const auto id = id_behind(link);
    if (!id) return false;
    if (!container_exists(*id)) return true;
    for (const bool auto_remove : {false, true}) {
        const std::string directory = concat(containers_folder(auto_remove), "/", *id);
        const auto record = read_record(directory);
        if (!record) continue;
        // Whoever renames it holds its lock until the record has the new name.
        return record->name != fs::path(link).filename() && !lock_is_held(directory);
    }
    return false;
}

Result<std::string> StateStore::claim_name(const std::string& wanted, const std::string& id) const {
    const UniqueFd names = TRY(lock_names(concat(paths_.root, "/", kNamesFolder)));
    for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
        std::string name = wanted.empty() ? TRY(random_name()) : wanted;
        // Adjective and noun run out on a busy machine.
        if (wanted.empty() && attempt > kNameAttempts / 2) name += "_" + id.substr(0, 6);
        const std::string link = name_link(name);
        if (::symlink(id.c_str(), link.c_str()) == 0) return name;
        if (errno != EEXIST) return errno_error("claim name " + name);
        if (claim_is_stale(link)) {
            static_cast<void>(::unlink(link.c_str()));
        } else if (!wanted.empty()) {
            break;
        }
    }
    return Error(std::make_error_code(std::errc::file_exists),
                 concat("the container name \"", wanted,
                        "\" is already in use: remove that container, or use another name"));
}

Result<Container> StateStore::create(const NewContainer& wanted) {
    if (!wanted.name.empty()) TRY(check_name(wanted.name));
    Record record;
    record.id = TRY(random_id());
    record.image = wanted.image;
    record.command = wanted.command;
    record.auto_remove = wanted.auto_remove;
    if (!wanted.cgroups.empty()) record.cgroup = wanted.cgroups + record.id;
    record.owner_pid = ::getpid();
    record.created_at = ::time(nullptr);
    const std::string folder = containers_folder(wanted.auto_remove);
    const std::string hidden = folder + "/" + kNewPrefix + record.id;
    std::string directory = folder + "/" + record.id;
    auto lock = [&]() -> Result<UniqueFd> {
        UniqueFd held = TRY_CONTEXT(make_hidden(hidden), "creating the container");
        record.name = TRY(claim_name(wanted.name, record.id));
        TRY_CONTEXT(make_visible(hidden, directory, record), "creating the container");
        return held;
    }();
    if (!lock) {
        if (!record.name.empty()) ::unlink(name_link(record.name).c_str());
        static_cast<void>(remove_container_files(hidden, ""));
        return std::move(lock).error();
    }
    std::string link = name_link(record.name);
    std::string log = log_of(record);
    return Container(std::move(directory), std::move(link), std::move(log), std::move(*lock),
                     std::move(record));
}

Result<Container> StateStore::claim(const Record& record) {
    const std::string directory = directory_of(record);
    UniqueFd lock = TRY(open_file(directory + "/" + kLockFile, O_RDWR));
    if (!TRY(try_lock(lock))) {
        return Error(std::make_error_code(std::errc::device_or_resource_busy),
                     busy_text(directory, record));
    }
    return own(record, std::move(lock));
}

Result<Container> StateStore::adopt(const Record& record, UniqueFd lock) {
    // It came through an exec.
    if (::fcntl(lock.get(), F_SETFD, FD_CLOEXEC) != 0)
        return errno_error("the lock that was handed over");
    const std::string path = concat(directory_of(record), "/", kLockFile);

    struct stat handed {
    }, file{};

    if (::fstat(lock.get(), &handed) != 0) return errno_error("the lock that was handed over");
    if (::stat(path.c_str(), &file) != 0) return errno_error(path);
    if (handed.st_dev != file.st_dev || handed.st_ino != file.st_ino || !TRY(try_lock(lock)))
        return Error("the lock that was handed over is not that of container " + record.name);
    return own(record, std::move(lock));
}

Result<Container> StateStore::own(const Record& record, UniqueFd lock) const {
    const std::string directory = directory_of(record);
    Record current = TRY(read_record(directory));  // it may have changed before the lock was ours
    current.owner_pid = ::getpid();
    // Not among the arguments: one of them may be moved from before the others are made.
    std::string link = name_link(current.name);
    std::string log = log_of(current);
    Container container(directory, std::move(link), std::move(log), std::move(lock),
                        std::move(current));
    container.keep();
    return container;
}

Result<void> StateStore::rename(Container& container, const std::string& name) const {
    if (name == container.record().name) return Error("the container has this name already");
    TRY(check_name(name));
    TRY(claim_name(name, container.record().id));
    Record renamed = container.record();
    renamed.name = name;
    const std::string old_link = std::exchange(container.name_link_, name_link(name));
    if (auto written = container.write(renamed); !written) {
        static_cast<void>(::unlink(std::exchange(container.name_link_, old_link).c_str()));
        return written;
    }
    static_cast<void>(::unlink(old_link.c_str()));
    return {};
}

std::string StateStore::directory_of(const Record& record) const {
    return concat(containers_folder(record.auto_remove), "/", record.id);
}

std::string StateStore::log_of(const Record& record) const {
    return concat(paths_.root, "/", kLogsFolder, "/", record.id, ".log");
}

std::string StateStore::socket_of(const Record& record) const {
    return concat(paths_.state, "/", kSocketsFolder, "/", record.id, ".sock");
}

std::optional<Record> StateStore::read(bool auto_remove, const std::string& id) const {
    const std::string directory = concat(containers_folder(auto_remove), "/", id);
    auto record = read_record(directory);
    if (!record || record->id != id) return {};
    if (is_live(record->status) && !lock_is_held(directory)) mark_lost(*record);
    return *std::move(record);
}

std::vector<Record> StateStore::list() const {
    std::vector<Record> records;
    for (const bool auto_remove : {false, true}) {
        const std::string folder = containers_folder(auto_remove);
        for (const std::string& entry : entries_of(folder)) {
            if (entry.starts_with('.')) continue;
            if (auto record = read(auto_remove, entry)) records.push_back(*std::move(record));
        }
    }
    std::stable_sort(records.begin(), records.end(),
                     [](const Record& a, const Record& b) { return a.created_at > b.created_at; });
    return records;
}

std::optional<Record> StateStore::find_id(const std::string& id) const {
    for (const bool auto_remove : {false, true}) {
        if (auto record = read(auto_remove, id)) return record;
    }
    return {};
}

std::optional<Record> StateStore::find_name(const std::string& name) const {
    const auto id = id_behind(name_link(name));
    auto record = id ? find_id(*id) : std::nullopt;
    if (record && record->name != name) return {};  // it has another one by now
    return record;
}

// All records are read only for what is neither an id nor a name.
Result<Record> StateStore::find(std::string_view reference) const {
    const std::string text(reference);
    if (is_id(text)) {
        if (auto record = find_id(text)) return *std::move(record);
    }
    if (check_name(text)) {
        if (auto record = find_name(text)) return *std::move(record);
    }
    std::optional<Record> by_prefix;
    for (Record& record : list()) {
        if (record.id == reference || record.name == reference) return std::move(record);
        if (reference.empty() || !record.id.starts_with(reference)) continue;
        if (by_prefix)
            return Error(concat("multiple containers found with provided prefix: ", reference));
        by_prefix = std::move(record);
    }
    if (!by_prefix)
        return Error(std::make_error_code(std::errc::no_such_file_or_directory),
                     concat("No such container: ", reference));
    return *std::move(by_prefix);
}

Result<void> StateStore::remove(const Record& record, bool force) {
    const std::string directory = directory_of(record);
    const UniqueFd lock = TRY(open_file(directory + "/" + kLockFile, O_RDWR));
    if (!TRY(try_lock(lock))) {
        if (!force) {
            return Error(std::make_error_code(std::errc::device_or_resource_busy),
                         concat("cannot remove container \"", record.name,
                                "\": container is running: stop the container before removing or "
                                "force remove"));
        }
        TRY(end_owner(directory, lock));
    }
    TRY(remove_container_files(directory, name_link(record.name)));
    remove_log_files(log_of(record));
    remove_cgroup(record);
    static_cast<void>(::unlink(socket_of(record).c_str()));
    return {};
}

}  // namespace bulkhead::state
