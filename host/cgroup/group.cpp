#include "host/cgroup/group.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <string_view>

#include "base/log.h"
#include "base/syscalls.h"

namespace bulkhead::cgroup {

namespace {

constexpr std::size_t kMaxFile = 4096;
constexpr std::chrono::seconds kLeftoverGrace{5};

// The number after `key ` in a file of lines "key number"; 0: there is none.
std::uint64_t number_of(std::string_view text, std::string_view key) {
    const std::string start = std::string(key) + " ";
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.starts_with(start)) continue;
        std::uint64_t number = 0;
        std::from_chars(line.data() + start.size(), line.data() + line.size(), number);
        return number;
    }
    return 0;
}

// A monitor whose supervisor was killed dies with it; it may be about to. Waits for that.
Result<void> empty_leftover(const std::string& path) {
    static_cast<void>(write_setting(path + "/cgroup.kill", "1"));
    const UniqueFd events = TRY(open_file(path + "/cgroup.events", O_RDONLY));
    const auto deadline = std::chrono::steady_clock::now() + kLeftoverGrace;
    while (std::chrono::steady_clock::now() < deadline) {
        std::array<char, kMaxFile> text{};
        const auto count =
            TRY(pread_full(events.get(), std::as_writable_bytes(std::span(text)), 0));
        if (number_of(std::string_view(text.data(), count), "populated") == 0) return {};
        pollfd change{.fd = events.get(), .events = POLLPRI, .revents = 0};
        static_cast<void>(::poll(&change, 1, 100));
    }
    return Error(path + ": processes in it do not end");
}

Result<void> make_anew(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) == 0) return {};
    if (errno != EEXIST) return errno_error("make the cgroup " + path);
    TRY(remove_leftover(path));
    if (::mkdir(path.c_str(), 0755) != 0) return errno_error("make the cgroup " + path);
    return {};
}

}  // namespace

Result<void> remove_leftover(const std::string& path) {
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
    if (errno != EBUSY) return errno_error("remove the cgroup " + path);
    TRY(empty_leftover(path));
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
    return errno_error("remove the cgroup " + path);
}

Result<Group> Group::make(const Place& place, const Limits& limits) {
    TRY(prepare_parent(place));
    const std::string path = place.path();
    TRY(make_anew(path));
    auto directory = open_file(path, O_RDONLY | O_DIRECTORY);
    if (!directory) {
        static_cast<void>(::rmdir(path.c_str()));
        return std::move(directory).error();
    }
    Group group(path, *std::move(directory));
    TRY(group.set(limits));
    return group;
}

Group::~Group() {
    if (path_.empty()) return;
    if (::rmdir(path_.c_str()) != 0 && errno != ENOENT)
        log::warning(errno_error("remove the cgroup " + path_).message());
}

Result<void> Group::write(const std::string& file, const std::string& value) const {
    return write_setting(path_ + "/" + file, value);
}

Result<void> Group::take(pid_t process) const {
    return write("cgroup.procs", std::to_string(process));
}

Result<void> Group::set(const Limits& limits) const {
    for (const Setting& setting : settings_of(limits)) {
        if (setting.optional && ::faccessat(fd(), setting.file.c_str(), W_OK, 0) != 0) continue;
        TRY(write(setting.file, setting.value));
    }
    return {};
}

std::uint64_t Group::memory_kills() const {
    const auto events = read_file(path_ + "/memory.events", kMaxFile);
    return events ? number_of(*events, "oom_kill") : 0;
}

}  // namespace bulkhead::cgroup
