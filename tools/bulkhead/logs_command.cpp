// bulkhead logs: what a container has written.
#include <unistd.h>

#include <charconv>
#include <filesystem>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/logs/log_reader.h"
#include "host/logs/log_time.h"
#include "proto/supervisor.pb.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/folder_watch.h"
#include "tools/bulkhead/moment_flag.h"

namespace bulkhead::cli {

namespace {

struct LogFlags {
    bool follow = false;
    bool timestamps = false;
    std::string tail;
    std::string since;
    std::string until;
    bool boot = false;
    bool output = false;  // neither: both
    bool error = false;
};

constexpr std::size_t kMaxConsole = 1024 * 1024;

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

Result<void> print_all(logs::LogReader& reader, const LogFlags& flags) {
    const bool both = flags.output == flags.error;
    while (const auto entry = TRY(reader.next())) {
        const bool wanted = entry->stream == logs::Stream::Output ? flags.output : flags.error;
        if (both || wanted) TRY(print(*entry, flags.timestamps));
    }
    return {};
}

// What the guest's kernel and agent printed at the last start: from the supervisor, while it runs.
Result<void> show_boot(const engine::Engine& engine, const state::Record& record) {
    std::string text;
    if (state::is_live(record.status)) {
        supervisor::v1::Request request;
        request.mutable_console();
        text = TRY(engine.call(record, std::move(request))).console().text();
    } else {
        auto kept = read_file(engine.store().directory_of(record) + "/console.log", kMaxConsole);
        if (!kept)
            return Error(concat("container ", record.name,
                                " has no console output kept: it was "
                                "not started yet"));
        text = *std::move(kept);
    }
    return write_full(STDOUT_FILENO, std::as_bytes(std::span(text)));
}

Result<void> show(const Context& context, const std::string& reference, const LogFlags& flags) {
    const auto engine = TRY(engine::Engine::open(context.paths));
    const state::Record record = TRY(engine.find(reference));
    if (flags.boot) return show_boot(engine, record);
    logs::LogReader::Options options;
    options.path = engine.store().log_of(record);
    options.tail = TRY(tail_count(flags.tail));
    options.since = TRY(parse_moment_flag("since", flags.since));
    options.until = TRY(parse_moment_flag("until", flags.until));
    const FolderWatch watch =
        TRY(FolderWatch::of(std::filesystem::path(options.path).parent_path()));
    auto reader = TRY(logs::LogReader::open(options));
    while (flags.follow) {
        const auto now = engine.find(record.id);
        const bool live = now && state::is_live(now->status);
        TRY(print_all(reader, flags));
        if (!live) return {};
        watch.wait();
    }
    return print_all(reader, flags);
}

int print_logs(const Context& context, const Words& words) {
    LogFlags flags;
    const Parsed parsed = parse_command(
        kLogsCommand, words,
        {{"follow", 'f', "", "go on until the container ends", store(flags.follow)},
         {"tail", 'n', "NUMBER", "so many lines from the end (default all)", store(flags.tail)},
         {"since", '\0', "TIME", "from this time on, or 10m ago", store(flags.since)},
         {"until", '\0', "TIME", "before this time, or 10m ago", store(flags.until)},
         {"timestamps", 't', "", "show when each line came", store(flags.timestamps)},
         {"stdout", '\0', "", "standard output only", store(flags.output)},
         {"stderr", '\0', "", "standard error only", store(flags.error)},
         {"boot", '\0', "", "what the guest printed on its console since the last start instead",
          store(flags.boot)}});
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
