#include "host/templates/new_template.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/templates/bound.h"
#include "host/templates/entry.h"
#include "host/templates/store.h"

namespace bulkhead::templates {

namespace {

constexpr mode_t kOwnerWrites = 0600;
constexpr mode_t kOwnerReads = 0400;

Result<UniqueFd> make_file(const std::string& path) {
    return open_file(path, O_RDWR | O_CREAT | O_EXCL, kOwnerWrites);
}

// Nothing changes it any more: machines map it.
Result<std::uint64_t> finish(const UniqueFd& file, const char* name) {
    if (::fchmod(file.get(), kOwnerReads) != 0 || ::fsync(file.get()) != 0)
        return errno_error(concat("the template's ", name));
    return file_size(file.get());
}

}  // namespace

Result<NewTemplate> NewTemplate::make(const std::string& store, Key key, image::FileLock lock) {
    NewTemplate made(store, std::move(key), std::move(lock));
    TRY(made.open());
    return made;
}

Result<void> NewTemplate::open() {
    const std::string directory = concat(store_, "/.new-", key_.id());
    TRY(image::make_directory(directory));
    directory_ = directory;
    state_ = TRY(make_file(concat(directory_, "/", kStateFile)));
    memory_ = TRY(make_file(concat(directory_, "/", kMemoryFile)));
    return {};
}

NewTemplate::~NewTemplate() {
    if (directory_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

Result<void> NewTemplate::publish() {
    Entry entry;
    entry.key = key_;
    entry.state_bytes = TRY(finish(state_, kStateFile));
    entry.memory_file_bytes = TRY(finish(memory_, kMemoryFile));
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
    return {};
}

}  // namespace bulkhead::templates
