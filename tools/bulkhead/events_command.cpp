// bulkhead events: what happens to containers and images, as it happens.
#include <unistd.h>

#include <charconv>
#include <optional>

#include "base/log.h"
#include "base/realtime.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/events/reader.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/event_filter.h"
#include "tools/bulkhead/folder_watch.h"
#include "tools/bulkhead/list_format.h"
#include "tools/bulkhead/moment_flag.h"

namespace bulkhead::cli {

namespace {

using Reader = events::Reader;

struct EventFlags {
    std::string since;
    std::string until;
    std::string cursor;
    std::string format;
    Words filters;
};

Result<std::uint64_t> parse_cursor(const std::string& text) {
    std::uint64_t cursor = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, cursor);
    if (parsed.ec != std::errc() || parsed.ptr != end)
        return Error(
            concat("invalid value for --cursor: \"", text, "\", want the \"cursor\" of an event"));
    return cursor;
}

// docker's JSON, and the cursor to go on from.
std::string json_line(const Reader::Item& item) {
    std::string line = events::to_json(item.event);
    line.pop_back();
    return concat(line, ",\"cursor\":", item.cursor, "}");
}

Result<std::string> line_of(const Reader::Item& item, const std::string& format) {
    if (format.empty()) return events::to_text(item.event);
    if (format == "json") return json_line(item);
    return formatted(format, Json::parse(json_line(item)));
}

Result<void> print(const Reader::Item& item, const std::string& format) {
    const std::string line = TRY(line_of(item, format)) + "\n";
    return write_full(STDOUT_FILENO, std::as_bytes(std::span(line)));
}

Result<Reader> open_reader(const EventFlags& flags, const std::string& directory) {
    if (!flags.cursor.empty()) return Reader(directory, TRY(parse_cursor(flags.cursor)));
    if (!flags.since.empty()) return Reader(directory);
    return Reader(directory, Reader::end_of(directory));
}

Result<void> follow(const Context& context, const EventFlags& flags) {
    const auto since = TRY(parse_moment_flag("since", flags.since));
    const auto until = TRY(parse_moment_flag("until", flags.until));
    const EventFilter filter = TRY(EventFilter::parse(flags.filters));
    const std::string directory = engine::event_journal(context.paths).directory();
    TRY(state::make_directories(directory));
    const FolderWatch watch = TRY(FolderWatch::of(directory));
    Reader reader = TRY(open_reader(flags, directory));
    while (true) {
        // What was appended before this moment is there.
        const bool over = until && realtime_ns() >= *until;
        while (const auto item = TRY(reader.next())) {
            const events::Event& event = item->event;
            if (until && event.time_ns >= *until) return {};
            if ((!since || event.time_ns >= *since) && filter.takes(event))
                TRY(print(*item, flags.format));
        }
        if (reader.lost()) log::warning("some events before these are no longer kept");
        if (over) return {};
        watch.wait();
    }
}

int show_events(const Context& context, const Words& words) {
    EventFlags flags;
    const Parsed parsed = parse_command(
        kEventsCommand, words,
        {{"since", '\0', "TIME", "and what came before, from this time on, or 10m ago",
          store(flags.since)},
         {"until", '\0', "TIME", "end at this time", store(flags.until)},
         {"cursor", '\0', "NUMBER", "go on after the event that had this cursor",
          store(flags.cursor)},
         {"filter", 'f', "KEY=VALUE",
          "container, image, event, type, label, or not, as in event!=exec_die",
          append(flags.filters)},
         {"format", '\0', "FORMAT", "a template, or json: one object a line, with a cursor",
          store(flags.format)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (!parsed.arguments.empty())
        return usage_error(kEventsCommand, "'bulkhead events' takes no arguments");
    const auto done = follow(context, flags);
    return done ? kExitOk : fail(kExitFailure, done.error().message());
}

}  // namespace

const Command kEventsCommand = {"events",
                                "events [FLAGS]",
                                "Show what happens to containers and images, as it happens",
                                "bulkhead events --since 10m --filter container=web",
                                kExitFailure,
                                show_events};

}  // namespace bulkhead::cli
