#include "host/checkpoints/new_checkpoint.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <utility>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/templates/saved_files.h"

namespace bulkhead::checkpoints {

Result<NewCheckpoint> NewCheckpoint::make(const std::string& store, std::string name,
                                          image::FileLock lock) {
    NewCheckpoint made(store, std::move(name), std::move(lock));
    TRY(made.open());
    return made;
}

Result<void> NewCheckpoint::open() {
    std::string directory = concat(store_, "/", templates::kUnfinished, "new-XXXXXX");
    if (::mkdtemp(directory.data()) == nullptr) return errno_error("make a directory in " + store_);
    directory_ = std::move(directory);
    state_ = TRY(templates::make_saved_file(concat(directory_, "/", kStateFile)));
    memory_ = TRY(templates::make_saved_file(concat(directory_, "/", kMemoryFile)));
    disk_ = TRY(templates::make_saved_file(concat(directory_, "/", kDiskFile)));
    return {};
}

NewCheckpoint::~NewCheckpoint() {
    if (directory_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

Result<void> NewCheckpoint::finish(Entry entry) {
    entry.state_bytes = TRY(templates::finish_saved_file(state_, "syncing the checkpoint's state"));
    entry.memory_file_bytes =
        TRY(templates::finish_saved_file(memory_, "syncing the checkpoint's memory"));
    entry.disk_file_bytes =
        TRY(templates::finish_saved_file(disk_, "syncing the checkpoint's disk"));
    entry.created_at = ::time(nullptr);
    const std::string text = to_text(entry);
    TRY_CONTEXT(parse_entry(text), "what the monitor wrote");
    TRY(write_file_atomically(concat(directory_, "/", kEntryFile), text));
    return image::sync_directory(directory_);
}

Result<void> NewCheckpoint::publish() {
    const std::string place = concat(store_, "/", name_);
    if (std::rename(directory_.c_str(), place.c_str()) != 0) {
        if (errno == ENOTEMPTY || errno == EEXIST)
            return errno_error(EEXIST, concat("checkpoint ", name_));
        return errno_error("rename " + place);
    }
    directory_.clear();
    return image::sync_directory(store_);
}

}  // namespace bulkhead::checkpoints
