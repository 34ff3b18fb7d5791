#include "guest-agent/cgroup/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <charconv>
#include <filesystem>
#include <sstream>
#include <vector>

#include "base/log.h"
#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::agent {
namespace {

constexpr std::size_t kMaxFile = std::size_t{4} * 1024 * 1024;  // cgroup.procs can be long

void signal_listed(const std::string& directory, int signal) {
    const auto listed = read_file(directory + "/cgroup.procs", kMaxFile);
    if (!listed) return;
    std::istringstream lines(*listed);
    pid_t pid = 0;
    while (lines >> pid) {
        if (pid > 1) ::kill(pid, signal);
    }
}

// The value of "key value" in a flat keyed file; 0 when it is not there.
std::uint64_t keyed_value(std::string_view text, std::string_view key) {
    std::istringstream lines{std::string(text)};
    std::string name;
    std::uint64_t value = 0;
    while (lines >> name >> value) {
        if (name == key) return value;
    }
    return 0;
}

}  // namespace

Result<Cgroup> Cgroup::create(std::string path) {
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
        return errno_error(concat("making cgroup ", path));
    }
    UniqueFd directory = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
    return Cgroup(std::move(path), std::move(directory));
}

Result<void> Cgroup::write(std::string_view file, std::string_view value) const {
    return write_setting(concat(path_, "/", file), value);
}

Result<void> Cgroup::apply(std::span<const CgroupSetting> settings) const {
    for (const CgroupSetting& setting : settings) {
        auto written = write(setting.file, setting.value);
        if (written ||
            (setting.optional && written.error().is(std::errc::no_such_file_or_directory))) {
            continue;
        }
        return written;
    }
    return {};
}

Result<void> Cgroup::signal_all(int signal) const {
    if (signal == SIGKILL && write("cgroup.kill", "1")) return {};
    signal_listed(path_, signal);
    std::error_code failed;
    std::filesystem::recursive_directory_iterator each(path_, failed);
    const std::filesystem::recursive_directory_iterator end;
    for (; !failed && each != end; each.increment(failed)) {
        if (each->is_directory(failed)) signal_listed(each->path().string(), signal);
    }
    if (failed) return Error(failed, concat("listing ", path_, ": ", failed.message()));
    return {};
}

bool Cgroup::oom_killed() const {
    const auto events = read("memory.events");
    return events && keyed_value(*events, "oom_kill") > 0;
}

Result<void> Cgroup::set_frozen(bool frozen) const {
    return write("cgroup.freeze", frozen ? "1" : "0");
}

bool Cgroup::frozen() const {
    const auto events = read("cgroup.events");
    return events && keyed_value(*events, "frozen") > 0;
}

bool Cgroup::populated() const {
    const auto events = read("cgroup.events");
    return events && keyed_value(*events, "populated") > 0;
}

Result<std::string> Cgroup::read(std::string_view file) const {
    return read_file(concat(path_, "/", file), kMaxFile);
}

void enable_controllers(const std::string& path) {
    for (const char* controller : {"+cpu", "+memory", "+pids", "+cpuset", "+io"}) {
        auto enabled = write_setting(path + "/cgroup.subtree_control", controller);
        if (!enabled) log::debug(enabled.error().message());
    }
}

}  // namespace bulkhead::agent
