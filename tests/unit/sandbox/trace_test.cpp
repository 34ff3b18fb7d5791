#include "host/sandbox/trace.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace bulkhead::sandbox {

TEST_CASE("a trace is JSON of complete events, one after another") {
    Trace trace;
    trace.step("first \"quoted\" \\ step");
    trace.step("second");
    trace.add(Trace::Track::Monitor, 5'000, {{"a", 7'000}, {"back in time", 6'000}});
    const auto json = nlohmann::json::parse(trace.to_json());
    const auto& events = json.at("traceEvents");
    REQUIRE(events.size() == 7);  // three names of tracks
    CHECK(events[3].at("name") == "first \"quoted\" \\ step");
    CHECK(events[3].at("ph") == "X");
    CHECK(events[4].at("ts").get<std::uint64_t>() >=
          events[3].at("ts").get<std::uint64_t>() + events[3].at("dur").get<std::uint64_t>());
    CHECK(events[5].at("ts") == 5);
    CHECK(events[5].at("dur") == 2);
    CHECK(events[6].at("ts") == 7);
    CHECK(events[6].at("dur") == 0);
}

}  // namespace bulkhead::sandbox
