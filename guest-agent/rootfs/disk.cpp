#include "guest-agent/rootfs/disk.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::agent {
namespace {

constexpr std::size_t kMaxAttribute = 4096;

Result<std::string> find_name(const std::string& serial, const std::string& devices) {
    std::error_code failed;
    std::filesystem::directory_iterator each(devices, failed);
    const std::filesystem::directory_iterator end;
    for (; !failed && each != end; each.increment(failed)) {
        const auto found = read_file(each->path().string() + "/serial", kMaxAttribute);
        if (found && *found == serial) return each->path().filename().string();
    }
    if (failed) return Error(failed, concat("listing ", devices, ": ", failed.message()));
    return Error(concat("no disk has the serial \"", serial, "\""));
}

Result<bool> has_size(const std::string& name, const std::string& devices) {
    return TRY(read_file(concat(devices, "/", name, "/size"), kMaxAttribute)) != "0\n";
}

// Reads what is there; each read gives one line, or an error where lines have been overwritten.
void skip_lines(int log) {
    std::array<char, 8192> line{};
    while (::read(log, line.data(), line.size()) > 0 || errno == EPIPE || errno == EINTR) {
        errno = 0;
    }
}

// The kernel sends no event for a disk that was empty (block/genhd.c, set_capacity_and_notify), but
// it logs a line when the size is there: each new line is a reason to look.
Result<void> await_size(const std::string& name, const DiskPlaces& places) {
    using Clock = std::chrono::steady_clock;
    if (TRY(has_size(name, places.devices))) return {};
    const UniqueFd log = TRY(open_file(places.kernel_log, O_RDONLY | O_NONBLOCK));
    const Clock::time_point end = Clock::now() + places.patience;
    while (true) {
        skip_lines(log.get());
        if (TRY(has_size(name, places.devices))) return {};
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0)
            return Error(
                concat("disk ", name, " got no size within ", places.patience.count(), " ms"));
        pollfd wanted{.fd = log.get(), .events = POLLIN, .revents = 0};
        if (::poll(&wanted, 1, static_cast<int>(left)) < 0 && errno != EINTR)
            return errno_error(places.kernel_log);
    }
}

}  // namespace

Result<std::string> find_disk(const std::string& serial, const DiskPlaces& places) {
    const std::string name = TRY(find_name(serial, places.devices));
    TRY(await_size(name, places));
    return "/dev/" + name;
}

}  // namespace bulkhead::agent
