#include "tools/bulkhead/process_list.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"
#include "proto/agent.pb.h"

namespace bulkhead::cli {

namespace {

using Process = agent::v1::ProcessStatus;
using Words = std::vector<std::string>;

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

// As ps -o calls it, its heading, and what it shows.
struct Column {
    const char* name;
    const char* heading;
    std::string (*show)(const Process& process, std::time_t now);
};

// The names of users are the container's own business; root is root everywhere.
std::string user_text(const Process& process, std::time_t /*now*/) {
    return process.uid() == 0 ? "root" : std::to_string(process.uid());
}

std::string time_of(std::uint64_t nanoseconds) {
    const std::uint64_t seconds = nanoseconds / kNanosecondsPerSecond;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%02llu:%02llu:%02llu",
                  static_cast<unsigned long long>(seconds / 3600),
                  static_cast<unsigned long long>(seconds / 60 % 60),
                  static_cast<unsigned long long>(seconds % 60));
    return text.data();
}

std::string start_text(const Process& process, std::time_t now) {
    std::tm parts{};
    const std::time_t started = process.started();
    ::localtime_r(&started, &parts);
    std::array<char, 32> text{};
    constexpr std::time_t kDay = 24 * 60 * 60;
    std::strftime(text.data(), text.size(), now - started < kDay ? "%H:%M" : "%b%d", &parts);
    return text.data();
}

// Of one processor's time since its start.
double cpu_share(const Process& process, std::time_t now) {
    const auto lived = std::max<std::time_t>(now - process.started(), 1);
    return static_cast<double>(process.cpu_ns()) * 100 /
           (static_cast<double>(lived) * static_cast<double>(kNanosecondsPerSecond));
}

std::string decimal(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", value);
    return text.data();
}

std::string terminal_text(const Process& process, std::time_t /*now*/) {
    return process.terminal() == 0 ? "?" : concat("pts/", process.terminal() - 1);
}

std::string command_text(const Process& process, std::time_t /*now*/) {
    return process.command().empty() ? concat("[", process.name(), "]") : process.command();
}

constexpr auto kPid = [](const Process& p, std::time_t) { return std::to_string(p.pid()); };
constexpr auto kParent = [](const Process& p, std::time_t) { return std::to_string(p.parent()); };
constexpr auto kCpu = [](const Process& p, std::time_t now) {
    return std::to_string(static_cast<int>(cpu_share(p, now)));
};
constexpr auto kCpuShare = [](const Process& p, std::time_t now) {
    return decimal(cpu_share(p, now));
};
constexpr auto kTime = [](const Process& p, std::time_t) { return time_of(p.cpu_ns()); };
constexpr auto kVirtual = [](const Process& p, std::time_t) {
    return std::to_string(p.virtual_bytes() / 1024);
};
constexpr auto kResident = [](const Process& p, std::time_t) {
    return std::to_string(p.memory_bytes() / 1024);
};
constexpr auto kState = [](const Process& p, std::time_t) { return p.state(); };
constexpr auto kName = [](const Process& p, std::time_t) { return p.name(); };
constexpr auto kUid = [](const Process& p, std::time_t) { return std::to_string(p.uid()); };

constexpr std::array kColumns = {Column{"user", "USER", user_text},
                                 Column{"uname", "UID", user_text},
                                 Column{"uid", "UID", kUid},
                                 Column{"pid", "PID", kPid},
                                 Column{"ppid", "PPID", kParent},
                                 Column{"c", "C", kCpu},
                                 Column{"%cpu", "%CPU", kCpuShare},
                                 Column{"pcpu", "%CPU", kCpuShare},
                                 Column{"stime", "STIME", start_text},
                                 Column{"start", "START", start_text},
                                 Column{"tty", "TTY", terminal_text},
                                 Column{"time", "TIME", kTime},
                                 Column{"vsz", "VSZ", kVirtual},
                                 Column{"rss", "RSS", kResident},
                                 Column{"stat", "STAT", kState},
                                 Column{"state", "S", kState},
                                 Column{"s", "S", kState},
                                 Column{"comm", "COMMAND", kName},
                                 Column{"cmd", "CMD", command_text},
                                 Column{"args", "COMMAND", command_text},
                                 Column{"command", "COMMAND", command_text}};

const Column* find_column(const std::string& name) {
    const auto* const found = std::find_if(kColumns.begin(), kColumns.end(),
                                           [&](const Column& each) { return name == each.name; });
    return found == kColumns.end() ? nullptr : found;
}

Result<void> add_columns(std::string_view list, Words& columns) {
    while (!list.empty()) {
        const auto end = std::min(list.find_first_of(", "), list.size());
        const std::string name(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
        if (name.empty()) continue;
        if (find_column(name) == nullptr) return Error(concat("unknown column \"", name, "\""));
        columns.push_back(name);
    }
    return {};
}

}  // namespace

Result<Words> process_columns(const Words& options) {
    Words columns;
    for (std::size_t i = 0; i < options.size(); ++i) {
        const std::string& word = options[i];
        if (word == "-e" || word == "-f" || word == "-ef" || word == "-A") continue;
        if (word == "aux" || word == "-aux" || word == "u") {
            columns = {"user", "pid",  "%cpu",  "vsz",  "rss",
                       "tty",  "stat", "start", "time", "command"};
        } else if ((word == "-o" || word == "-eo" || word == "o") && i + 1 < options.size()) {
            TRY(add_columns(options[++i], columns));
        } else if (word.starts_with("-o") && word.size() > 2) {
            TRY(add_columns(std::string_view(word).substr(2), columns));
        } else {
            return Error(concat("ps option \"", word,
                                "\" is not supported: there are -ef, aux and -o LIST"));
        }
    }
    if (columns.empty()) columns = {"uname", "pid", "ppid", "c", "stime", "tty", "time", "cmd"};
    return columns;
}

std::vector<Row> process_rows(const agent::v1::ProcessesReply& processes, const Words& columns,
                              std::time_t now) {
    std::vector<Row> rows(1);
    for (const std::string& name : columns) rows[0].emplace_back(find_column(name)->heading);
    for (const Process& process : processes.processes()) {
        Row row;
        for (const std::string& name : columns)
            row.push_back(find_column(name)->show(process, now));
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace bulkhead::cli
