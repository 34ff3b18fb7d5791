#include "host/state/layout.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/check.h"
#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/cgroup/group.h"

namespace bulkhead::state {

namespace {

constexpr std::size_t kMaxStateFile = 4 * 1024 * 1024;  // a command line is at most 2 MiB

struct flock whole_file(short type) {
    struct flock range {};

    range.l_type = type;
    range.l_whence = SEEK_SET;
    return range;
}

bool points_to(const std::string& link, const std::string& target) {
    std::array<char, 256> content{};
    const ssize_t length = ::readlink(link.c_str(), content.data(), content.size());
    return length > 0 &&
           std::string_view(content.data(), static_cast<std::size_t>(length)) == target;
}

std::string read_boot_id() {
    constexpr std::size_t kEnough = 64;
    auto id = read_file("/proc/sys/kernel/random/boot_id", kEnough);
    if (!id) return {};
    while (!id->empty() && id->back() == '\n') id->pop_back();
    return *std::move(id);
}

}  // namespace

std::string host_boot_id() {
    // Read once: a supervisor that has confined itself has no such file any more.
    static const std::string kId = read_boot_id();
    return kId;
}

Result<Record> read_record(const std::string& directory) {
    const std::string path = directory + "/" + kStateFile;
    return parse_record(TRY(read_file(path, kMaxStateFile))).context(path);
}

Result<void> remove_container_files(const std::string& directory, const std::string& name_link) {
    const std::string id = std::filesystem::path(directory).filename().string();
    BULKHEAD_CHECK(!id.empty());  // or this would be the folder of all containers
    if (!name_link.empty() && points_to(name_link, id) && ::unlink(name_link.c_str()) != 0 &&
        errno != ENOENT)
        return errno_error("remove " + name_link);
    std::error_code failure;
    std::filesystem::remove_all(directory, failure);
    if (failure) return Error(failure, "remove " + directory + ": " + failure.message());
    return {};
}

void remove_log_files(const std::string& log) {
    static_cast<void>(::unlink(log.c_str()));
    for (int number = 1; ::unlink(concat(log, ".", number).c_str()) == 0; ++number) {
    }
}

void remove_cgroup(const Record& record) {
    if (record.cgroup.empty()) return;
    if (const auto gone = cgroup::remove_leftover(record.cgroup); !gone)
        log::warning(gone.error().message());
}

Result<bool> try_lock(const UniqueFd& lock) {
    auto range = whole_file(F_WRLCK);
    if (::fcntl(lock.get(), F_OFD_SETLK, &range) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    return errno_error("lock");
}

bool lock_is_held(const std::string& directory) {
    const auto lock = open_file(directory + "/" + kLockFile, O_RDWR);
    if (!lock) return false;
    auto range = whole_file(F_WRLCK);
    return ::fcntl(lock->get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

}  // namespace bulkhead::state
