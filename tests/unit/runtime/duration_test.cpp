#include "host/runtime/duration.h"

#include <catch2/catch.hpp>

namespace bulkhead::runtime {

using namespace std::chrono_literals;

TEST_CASE("durations are read as Go reads them") {
    CHECK(*parse_duration("0") == 0ns);
    CHECK(*parse_duration("30s") == 30s);
    CHECK(*parse_duration("1m30s") == 90s);
    CHECK(*parse_duration("1h1m1s1ms1us1ns") == 1h + 1min + 1s + 1ms + 1us + 1ns);
    CHECK(*parse_duration("1.5h") == 90min);
    CHECK(*parse_duration(".5s") == 500ms);
    CHECK(*parse_duration("2µs") == 2us);
    CHECK(*parse_duration("0.123456789s") == 123456789ns);
    CHECK(*parse_duration("0.1234567899s") == 123456789ns);
}

TEST_CASE("what is no duration is refused") {
    for (const char* text : {"", "1", "s", ".s", "-1s", "1x", "1s ", "1 s", "9999999999h",
                             "99999999999999999999s", "1s1", "9223372036s1h"}) {
        INFO(text);
        CHECK_FALSE(parse_duration(text));
    }
}

}  // namespace bulkhead::runtime
