#include "host/sandbox/trace.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <sstream>

#include "host/sandbox/guest_text.h"

namespace bulkhead::sandbox {

namespace {

// Names are ours or have passed printable(): only these two need escaping in JSON.
std::string json_string(std::string_view text) {
    std::string result = "\"";
    for (const char c : printable(text)) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

void name_track(std::ostream& out, Trace::Track track, std::string_view name) {
    out << R"({"name":"thread_name","ph":"M","pid":1,"tid":)" << static_cast<int>(track)
        << R"(,"args":{"name":)" << json_string(name) << "}},\n";
}

std::uint64_t microseconds(std::uint64_t nanoseconds) {
    return nanoseconds / 1000;
}

}  // namespace

std::uint64_t Trace::now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

void Trace::step(std::string_view name) {
    const std::uint64_t end = now();
    events_.push_back({Track::Host, std::string(name), last_ns_, end});
    last_ns_ = end;
}

void Trace::add(Track track, std::uint64_t start_ns, const std::vector<Moment>& ends) {
    std::uint64_t start = start_ns;
    for (const Moment& moment : ends) {
        const std::uint64_t end = std::max(start, moment.at_ns);
        events_.push_back({track, moment.name, start, end});
        start = end;
    }
}

std::string Trace::to_json() const {
    std::ostringstream out;
    out << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
    name_track(out, Track::Host, "bulkhead");
    name_track(out, Track::Monitor, "bulkhead-vmm");
    name_track(out, Track::Guest, "guest (its clock, aligned to the agent's answer)");
    for (std::size_t i = 0; i < events_.size(); ++i) {
        const Event& event = events_[i];
        out << "{\"name\":" << json_string(event.name) << R"(,"ph":"X","pid":1,"tid":)"
            << static_cast<int>(event.track) << ",\"ts\":" << microseconds(event.start_ns)
            << ",\"dur\":" << microseconds(event.end_ns - event.start_ns) << "}"
            << (i + 1 < events_.size() ? ",\n" : "\n");
    }
    out << "]}\n";
    return std::move(out).str();
}

}  // namespace bulkhead::sandbox
