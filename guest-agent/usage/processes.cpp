#include "guest-agent/usage/processes.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <map>
#include <optional>

#include "base/text.h"
#include "guest-agent/usage/proc_text.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

constexpr std::size_t kMaxBytes = 96 * 1024;  // of the reply
constexpr std::size_t kMaxCommand = 512;
constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

// Where the fields behind the state are (proc(5), /proc/pid/stat, fields 3 and on).
enum Field : std::size_t {
    kState = 0,
    kParent = 1,
    kTerminal = 4,
    kUser = 11,
    kSystem = 12,
    kStarted = 19,
    kVirtual = 20,
    kResident = 21,
    kFields = 22
};

// protobuf's strings are UTF-8, and arguments need not be.
std::string printable(std::string_view text, std::size_t most) {
    std::string result(text.substr(0, most));
    for (char& each : result) {
        if (each < ' ' || each > '~') each = each == '\0' ? ' ' : '?';
    }
    while (result.ends_with(' ')) result.pop_back();
    return result;
}

// The name of a cgroup as /proc/PID/cgroup has it.
std::string cgroup_name(std::string_view path) {
    constexpr std::string_view kMountPoint = "/sys/fs/cgroup";
    if (path.starts_with(kMountPoint)) path.remove_prefix(kMountPoint.size());
    return std::string(path);
}

bool is_member(const std::string& process, const std::string& cgroup) {
    const std::string text = read_small_file(process + "/cgroup");
    constexpr std::string_view kUnified = "0::";
    const auto at = text.find(kUnified);
    if (at == std::string::npos) return false;
    std::string_view name = std::string_view(text).substr(at + kUnified.size());
    name = name.substr(0, name.find('\n'));
    return name == cgroup ||
           (name.starts_with(cgroup) && name.size() > cgroup.size() && name[cgroup.size()] == '/');
}

std::int64_t boot_time() {
    timespec real{};
    timespec boot{};
    ::clock_gettime(CLOCK_REALTIME, &real);
    ::clock_gettime(CLOCK_BOOTTIME, &boot);
    return real.tv_sec - boot.tv_sec;
}

std::uint32_t terminal_of(std::uint64_t device) {
    constexpr std::uint64_t kPtsMajor = 136;
    const std::uint64_t major = device >> 8U & 0xfffU;
    return major == kPtsMajor ? static_cast<std::uint32_t>((device & 0xffU) + 1) : 0;
}

std::optional<v1::ProcessStatus> read_process(const std::string& path) {
    const std::string stat = read_small_file(path + "/stat");
    const auto fields = parse_process_fields(stat);
    if (!fields || fields->rest.size() < kFields) return std::nullopt;
    const auto& rest = fields->rest;
    const std::string status = read_small_file(path + "/status");
    const auto pids = words_of(value_of(status, "NSpid"), 32);
    const auto uids = words_of(value_of(status, "Uid"), 4);
    const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    v1::ProcessStatus process;
    process.set_pid(pids.empty() ? fields->pid
                                 : static_cast<std::uint32_t>(number_of(pids.back())));
    process.set_parent(static_cast<std::uint32_t>(number_of(rest[kParent])));
    process.set_uid(uids.empty() ? 0 : static_cast<std::uint32_t>(number_of(uids.front())));
    process.set_cpu_ns((number_of(rest[kUser]) + number_of(rest[kSystem])) *
                       (kNanosecondsPerSecond / ticks));
    process.set_started(boot_time() + static_cast<std::int64_t>(number_of(rest[kStarted]) / ticks));
    process.set_virtual_bytes(number_of(rest[kVirtual]));
    process.set_memory_bytes(number_of(rest[kResident]) *
                             static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
    process.set_state(printable(rest[kState], 1));
    process.set_terminal(terminal_of(number_of(rest[kTerminal])));
    process.set_name(printable(fields->name, kMaxCommand));
    process.set_command(printable(read_small_file(path + "/cmdline"), kMaxCommand));
    return process;
}

std::vector<std::uint32_t> all_pids() {
    std::vector<std::uint32_t> pids;
    std::error_code failed;
    std::filesystem::directory_iterator each("/proc", failed);
    for (const std::filesystem::directory_iterator end; !failed && each != end;
         each.increment(failed)) {
        const auto pid = static_cast<std::uint32_t>(number_of(each->path().filename().string()));
        if (pid != 0) pids.push_back(pid);
    }
    std::sort(pids.begin(), pids.end());
    return pids;
}

}  // namespace

Result<v1::ProcessesReply> read_processes(const std::string& cgroup) {
    const std::string name = cgroup_name(cgroup);
    v1::ProcessesReply reply;
    std::map<std::uint32_t, std::uint32_t> inner_pids;
    std::size_t bytes = 0;
    for (const std::uint32_t pid : all_pids()) {
        const std::string path = concat("/proc/", pid);
        if (!is_member(path, name)) continue;
        auto process = read_process(path);
        if (!process) continue;  // ended meanwhile
        bytes += process->ByteSizeLong() + 8;
        if (bytes > kMaxBytes) {
            reply.set_cut(true);
            break;
        }
        inner_pids[pid] = process->pid();
        *reply.add_processes() = *std::move(process);
    }
    for (v1::ProcessStatus& process : *reply.mutable_processes()) {
        const auto parent = inner_pids.find(process.parent());
        process.set_parent(parent == inner_pids.end() ? 0 : parent->second);
    }
    return reply;
}

}  // namespace bulkhead::agent
