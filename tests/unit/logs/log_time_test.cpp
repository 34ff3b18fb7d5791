#include "host/logs/log_time.h"

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

namespace bulkhead::logs {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'795'579'620 * kSecond;  // 2026-11-25T04:07:00Z

// Our local time for a while.
class LocalZone {
  public:
    explicit LocalZone(const char* zone) {
        if (const char* before = std::getenv("TZ")) before_ = before;
        ::setenv("TZ", zone, 1);
        ::tzset();
    }

    LocalZone(const LocalZone&) = delete;
    LocalZone& operator=(const LocalZone&) = delete;

    ~LocalZone() {
        before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ");
        ::tzset();
    }

  private:
    std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("times are written with nine digits, in UTC") {
    CHECK(format_time(0) == "1970-01-01T00:00:00.000000000Z");
    CHECK(format_time(kNow + 5) == "2026-11-25T04:07:00.000000005Z");
    CHECK(format_time(-1) == "1969-12-31T23:59:59.999999999Z");
}

TEST_CASE("RFC 3339 times are read, with and without a fraction, in any zone") {
    CHECK(parse_time("2026-11-25T04:07:00Z") == kNow);
    CHECK(parse_time("2026-11-25T04:07:00.5Z") == kNow + kSecond / 2);
    CHECK(parse_time("2026-11-25T04:07:00.1234567891Z") == kNow + 123'456'789);
    CHECK(parse_time("2026-11-25T06:07:00+02:00") == kNow);
    CHECK(parse_time("2026-11-24T20:37:00-07:30") == kNow);
    for (const char* text :
         {"", "2026-11-25", "2026-11-25T04:07:00", "2026-13-25T04:07:00Z", "2026-11-25T24:07:00Z",
          "2026-11-25T04:07:00Zx", "2026-11-25 04:07:00Z", "x2026-11-25T04:07:00Z",
          "2026-11-25T04:07:00+2:00"}) {
        INFO(text);
        CHECK_FALSE(parse_time(text));
    }
}

TEST_CASE("docker's --since values: dates, seconds since 1970, and how long ago") {
    CHECK(parse_moment("2026-11-25T04:07:00Z", kNow) == kNow);
    CHECK(parse_moment("1795579620", 0) == kNow);
    CHECK(parse_moment("1795579620.25", 0) == kNow + kSecond / 4);
    CHECK(parse_moment("10m", kNow) == kNow - 600 * kSecond);
    CHECK(parse_moment("1h30m", kNow) == kNow - 5400 * kSecond);
    CHECK(parse_moment("250ms", kNow) == kNow - kSecond / 4);
    for (const char* text :
         {"", "m", "10x", "1h30", "-5m", "99999999999999999999", "9999999999999h", "99999999999"}) {
        INFO(text);
        CHECK_FALSE(parse_moment(text, kNow));
    }
}

TEST_CASE("a date or a time without a zone is local time, as it was in force then") {
    {
        const LocalZone utc("UTC0");
        CHECK(parse_moment("2026-11-25T04:07:00", kNow) == kNow);
        CHECK(parse_moment("2026-11-25", kNow) == kNow - (4 * 3600 + 7 * 60) * kSecond);
    }
    const LocalZone berlin("CET-1CEST,M3.5.0,M10.5.0/3");
    CHECK(parse_moment("2026-11-25T05:07:00", kNow) == kNow);
    CHECK(parse_moment("2026-11-25T05:07:00.5", kNow) == kNow + kSecond / 2);
    CHECK(parse_moment("2026-11-25", kNow) == kNow - (5 * 3600 + 7 * 60) * kSecond);
    CHECK(parse_moment("2026-07-01T12:00:00", kNow) == parse_time("2026-07-01T10:00:00Z"));
    // What says its zone, and what logs hold, is not local.
    CHECK(parse_moment("2026-11-25T04:07:00Z", kNow) == kNow);
    CHECK(parse_moment("2026-11-24T20:37:00-07:30", kNow) == kNow);
    CHECK(parse_time("2026-11-25T04:07:00Z") == kNow);
    CHECK(format_time(kNow) == "2026-11-25T04:07:00.000000000Z");
}

}  // namespace bulkhead::logs
