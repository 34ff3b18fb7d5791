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

void end_all(const std::string& path) {
    static_cast<void>(write_setting(path + "/cgroup.kill", "1"));
}

// Whether all who are in it, or in one below, end by themselves soon.
Result<bool> becomes_empty(const std::string& path) {
    const auto events = open_file(path + "/cgroup.events", O_RDONLY);
    if (!events && events.error().is(std::errc::no_such_file_or_directory)) return true;
    if (!events) return events.error();
    const auto deadline = std::chrono::steady_clock::now() + kLeftoverGrace;
    while (std::chrono::steady_clock::now() < deadline) {
        std::array<char, kMaxFile> text{};
        const auto count = pread_full(events->get(), std::as_writable_bytes(std::span(text)), 0);
        // Not to be read any more: it is gone.
        if (!count || number_of(std::string_view(text.data(), *count), "populated") == 0)
            return true;
        pollfd change{.fd = events->get(), .events = POLLPRI, .revents = 0};
        static_cast<void>(::poll(&change, 1, 100));
    }
    return false;
}

// With the children that are empty. False: somebody is in it.
Result<bool> remove_if_empty(const std::string& path) {
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return true;
    for (const char* child : {kMachine, kSupervisor})
        static_cast<void>(::rmdir((path + child).c_str()));
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return true;
    if (errno == EBUSY) return false;
    return errno_error("remove the cgroup " + path);
}

Result<void> make_machine(const Place& container, const std::string& path) {
    if (::mkdir(path.c_str(), 0755) == 0) return {};
    if (errno == ENOENT) {
        TRY(prepare(container));
    } else if (errno == EEXIST) {
        end_all(path);
        TRY(becomes_empty(path));
        static_cast<void>(::rmdir(path.c_str()));
    }
    if (::mkdir(path.c_str(), 0755) != 0) return errno_error("make the cgroup " + path);
    return {};
}

}  // namespace

Result<void> remove_leftover(const std::string& path) {
    if (TRY(remove_if_empty(path))) return {};
    end_all(path + kMachine);
    if (!TRY(becomes_empty(path))) {
        end_all(path);
        TRY(becomes_empty(path));
    }
    if (TRY(remove_if_empty(path))) return {};
    return Error(path + ": processes in it do not end");
}

Result<Group> Group::make(const Place& place, const Limits& limits) {
    const std::string machine = place.path() + kMachine;
    TRY(make_machine(place, machine));
    Group group(place.path());
    group.directory_ = TRY(open_file(machine, O_RDONLY | O_DIRECTORY));
    TRY(group.set(limits));
    return group;
}

Group::~Group() {
    if (path_.empty()) return;
    const std::string machine = path_ + kMachine;
    if (::rmdir(machine.c_str()) != 0 && errno != ENOENT)
        log::warning(errno_error("remove the cgroup " + machine).message());
    // If nobody else is in there: supervisors are, but for those that could not be moved there.
    static_cast<void>(::rmdir(path_.c_str()));
}

Result<void> Group::write(const std::string& file, const std::string& value) const {
    return write_setting(path_ + file, value);
}

Result<void> Group::take(pid_t process) const {
    return write(std::string(kMachine) + "/cgroup.procs", std::to_string(process));
}

Result<void> Group::set(const Limits& limits) const {
    for (const Setting& setting : settings_of(limits)) {
        if (setting.optional && ::access((path_ + setting.file).c_str(), W_OK) != 0) continue;
        TRY(write(setting.file, setting.value));
    }
    return {};
}

std::uint64_t Group::memory_kills() const {
    const auto events = read_file(path_ + kMachine + "/memory.events", kMaxFile);
    return events ? number_of(*events, "oom_kill") : 0;
}

}  // namespace bulkhead::cgroup
