#include "host/events/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/events/segments.h"

namespace bulkhead::events {

namespace {

constexpr mode_t kMode = 0600;

// Whoever holds it needs a moment only, unless somebody stopped that process.
Result<UniqueFd> take_lock(const std::string& directory) {
    constexpr std::chrono::milliseconds kPause{1};
    constexpr int kPauses = 2000;
    const std::string path = directory + "/lock";
    UniqueFd lock = TRY(open_file(path, O_RDWR | O_CREAT, kMode));
    for (int i = 0; i < kPauses; ++i) {
        if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
        if (errno != EWOULDBLOCK && errno != EINTR) return errno_error("lock " + path);
        std::this_thread::sleep_for(kPause);
    }
    return Error(path + ": another process does not let go of it");
}

// A writer that crashed, or had no room, leaves a line without its end.
Result<bool> ends_in_a_line(const UniqueFd& file, std::uint64_t size) {
    if (size == 0) return true;
    std::byte last{};
    TRY(pread_full(file.get(), std::span(&last, 1), size - 1));
    return last == static_cast<std::byte>('\n');
}

}  // namespace

Result<void> Journal::append(const Event& event) const {
    if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST)
        return errno_error("make " + directory_);
    const UniqueFd lock = TRY(take_lock(directory_));
    auto segments = list_segments(directory_);
    if (segments.empty()) segments.push_back(0);
    const std::string path = segment_path(directory_, segments.back());
    UniqueFd file = TRY(open_file(path, O_RDWR | O_CREAT | O_APPEND, kMode));
    std::uint64_t size = TRY(file_size(file.get()));
    std::string line = to_json(event) + "\n";
    if (!TRY(ends_in_a_line(file, size))) line.insert(0, "\n");
    if (size >= limits_.file_bytes) {
        segments.push_back(segments.back() + size);
        file = TRY(open_file(segment_path(directory_, segments.back()), O_RDWR | O_CREAT | O_APPEND,
                             kMode));
    }
    TRY_CONTEXT(write_full(file.get(), std::as_bytes(std::span(line))), path);
    for (std::size_t i = 0; i + limits_.files < segments.size(); ++i)
        ::unlink(segment_path(directory_, segments[i]).c_str());
    return {};
}

}  // namespace bulkhead::events
