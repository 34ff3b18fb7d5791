// bulkhead logs: what a container has written.
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <ctime>
#include <filesystem>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/logs/log_reader.h"
#include "host/logs/log_time.h"
#include "host/state/state_store.h"
#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

namespace {

struct LogFlags {
    bool follow = false;
    bool timestamps = false;
    std::string tail;
    std::string since;
    std::string until;
};

std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

Result<std::optional<std::int64_t>> moment(const std::string& flag, const std::string& text) {
    if (text.empty()) return std::optional<std::int64_t>();
    const auto parsed = logs::parse_moment(text, now_ns());
    if (!parsed) {
        return Error(concat("invalid value for --", flag, ": \"", text,
                            "\", want a time as 2026-11-25T04:07:00Z, or how long ago as 10m"));
    }
    return parsed;
}

Result<std::optional<std::uint64_t>> tail_count(const std::string& text) {
    if (text.empty() || text == "all") return std::optional<std::uint64_t>();
    std::uint64_t count = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
        return Error(concat("invalid value for --tail: \"", text, "\", want a number or \"all\""));
    return std::optional(count);
}

Result<void> print(const logs::Entry& entry, bool timestamps) {
    std::string text = timestamps ? logs::format_time(entry.time_ns) + " " : "";
    text += entry.text;
    const int target = entry.stream == logs::Stream::Output ? STDOUT_FILENO : STDERR_FILENO;
    return write_full(target, std::as_bytes(std::span(text)));
}

Result<void> print_all(logs::LogReader& reader, bool timestamps) {
    while (const auto entry = TRY(reader.next())) TRY(print(*entry, timestamps));
    return {};
}

// Wakes up when a log is written to, and once a second to see whether the container still runs.
class LogWatch {
  public:
    static Result<LogWatch> of(const std::string& path) {
        UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
        const std::string folder = std::filesystem::path(path).parent_path();
        if (!watch.valid() || ::inotify_add_watch(watch.get(), folder.c_str(),
                                                  IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
            return errno_error("watch " + folder);
        return LogWatch(std::move(watch));
    }

    void wait() const {
        constexpr int kMilliseconds = 1000;
        pollfd ready{watch_.get(), POLLIN, 0};
        ::poll(&ready, 1, kMilliseconds);
        std::array<char, 4096> events{};
        while (::read(watch_.get(), events.data(), events.size()) > 0) {
        }
    }

  private:
    explicit LogWatch(UniqueFd watch) : watch_(std::move(watch)) {}

    UniqueFd watch_;
};

Result<void> show(const Context& context, const std::string& reference, const LogFlags& flags) {
    const auto store = TRY(state::StateStore::open(context.paths));
    const state::Record record = TRY(store.find(reference));
    logs::LogReader::Options options;
    options.path = store.log_of(record);
    options.tail = TRY(tail_count(flags.tail));
    options.since = TRY(moment("since", flags.since));
    options.until = TRY(moment("until", flags.until));
    const LogWatch watch = TRY(LogWatch::of(options.path));
    auto reader = TRY(logs::LogReader::open(options));
    while (flags.follow) {
        const auto now = store.find(record.id);
        const bool live = now && state::is_live(now->status);
        TRY(print_all(reader, flags.timestamps));
        if (!live) return {};
        watch.wait();
    }
    return print_all(reader, flags.timestamps);
}

int print_logs(const Context& context, const Words& words) {
    LogFlags flags;
    const Parsed parsed = parse_command(
        kLogsCommand, words,
        {{"follow", 'f', "", "go on until the container ends", store(flags.follow)},
         {"tail", 'n', "NUMBER", "so many lines from the end (default all)", store(flags.tail)},
         {"since", '\0', "TIME", "from this time on, or 10m ago", store(flags.since)},
         {"until", '\0', "TIME", "before this time, or 10m ago", store(flags.until)},
         {"timestamps", 't', "", "show when each line came", store(flags.timestamps)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() != 1)
        return usage_error(kLogsCommand, "'bulkhead logs' requires exactly 1 argument");
    const auto shown = show(context, parsed.arguments.front(), flags);
    return shown ? kExitOk : fail(kExitFailure, shown.error().message());
}

}  // namespace

const Command kLogsCommand = {"logs",
                              "logs [FLAGS] CONTAINER",
                              "Show what a container has written",
                              "bulkhead logs -f --tail 20 web",
                              kExitFailure,
                              print_logs};

}  // namespace bulkhead::cli
