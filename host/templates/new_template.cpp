#include "host/templates/new_template.h"

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/templates/bound.h"
#include "host/templates/entry.h"
#include "host/templates/saved_files.h"
#include "host/templates/store.h"
#include "host/templates/written_pages.h"

namespace bulkhead::templates {

Result<NewTemplate> NewTemplate::make(const std::string& store, Key key, image::FileLock lock) {
    NewTemplate made(store, std::move(key), std::move(lock));
    TRY(made.open());
    return made;
}

Result<void> NewTemplate::open() {
    const std::string directory = concat(store_, "/.new-", key_.id());
    TRY(image::make_directory(directory));
    directory_ = directory;
    state_ = TRY(make_saved_file(concat(directory_, "/", kStateFile)));
    memory_ = TRY(make_saved_file(concat(directory_, "/", kMemoryFile)));
    return {};
}

Result<void> NewTemplate::make_disk() {
    disk_ = TRY(make_saved_file(concat(directory_, "/", kDiskFile)));
    return {};
}

Result<UniqueFd> NewTemplate::make_written() {
    return make_saved_file(concat(directory_, "/", kWrittenFile));
}

NewTemplate::~NewTemplate() {
    if (directory_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

Result<void> NewTemplate::publish(const TemplateContents& contents) {
    Entry entry;
    entry.key = key_;
    entry.state_bytes = TRY(finish_saved_file(state_, "the template's state"));
    entry.memory_file_bytes = TRY(finish_saved_file(memory_, "the template's memory"));
    if (disk_.valid()) entry.disk_file_bytes = TRY(finish_saved_file(disk_, "the template's disk"));
    entry.disks = contents.disks;
    entry.image = contents.image;
    entry.created_at = ::time(nullptr);
    const std::string text = to_text(entry);
    TRY_CONTEXT(parse_entry(text), "what the monitor wrote");
    TRY(write_file_atomically(concat(directory_, "/", kEntryFile), text));
    TRY(image::sync_directory(directory_));
    const std::string place = concat(store_, "/", key_.id());
    if (std::rename(directory_.c_str(), place.c_str()) != 0) return errno_error("rename " + place);
    directory_.clear();
    TRY(image::sync_directory(store_));
    if (const auto kept = keep_to_bound(Store(store_), key_.id()); !kept)
        log::warning(kept.error().message());
    lock_.reset();
    return {};
}

}  // namespace bulkhead::templates
