// The timeline of a start, in Chrome's trace-event JSON (chrome://tracing, ui.perfetto.dev). Times
// are CLOCK_MONOTONIC nanoseconds. Thread: any one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bulkhead::sandbox {

// A named moment: the end of a step.
struct Moment {
    std::string name;
    std::uint64_t at_ns = 0;
};

class Trace {
  public:
    enum class Track { Host = 1, Monitor = 2, Guest = 3 };

    static std::uint64_t now();

    // The host's step that began where the previous one ended is finished now.
    void step(std::string_view name);

    // Steps of another program, each from the moment before it (the first from `start_ns`).
    void add(Track track, std::uint64_t start_ns, const std::vector<Moment>& ends);

    [[nodiscard]] std::string to_json() const;

    struct Event {
        Track track;
        std::string name;
        std::uint64_t start_ns;  // CLOCK_MONOTONIC
        std::uint64_t end_ns;
    };

    [[nodiscard]] const std::vector<Event>& events() const { return events_; }

    // A step that another process has timed.
    void append(Event event) { events_.push_back(std::move(event)); }

  private:
    std::uint64_t last_ns_ = now();
    std::vector<Event> events_;
};

}  // namespace bulkhead::sandbox
