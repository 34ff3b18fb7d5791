#include "tools/bulkhead/listing.h"

#include <catch2/catch.hpp>

namespace bulkhead::cli {

TEST_CASE("columns are as wide as their widest entry") {
    CHECK(table({{"NAME", "ID"}, {"a", "123"}, {"longer", "4"}}) ==
          "NAME     ID\na        123\nlonger   4\n");
}

TEST_CASE("durations read as docker's") {
    const std::pair<std::int64_t, const char*> cases[] = {
        {-5, "Less than a second"}, {0, "Less than a second"}, {1, "1 second"},
        {59, "59 seconds"},         {60, "About a minute"},    {150, "2 minutes"},
        {3600, "About an hour"},    {7200, "2 hours"},         {86400 * 3, "3 days"},
        {86400 * 20, "2 weeks"},    {86400 * 100, "3 months"}, {86400 * 800, "2 years"},
    };
    for (const auto& [seconds, text] : cases) CHECK(duration_text(seconds) == text);
}

TEST_CASE("sizes read as docker's") {
    CHECK(size_text(0) == "0B");
    CHECK(size_text(999) == "999B");
    CHECK(size_text(4'270'000) == "4.27MB");
    CHECK(size_text(117'000'000) == "117MB");
    CHECK(size_text(1'500'000'000) == "1.5GB");
}

TEST_CASE("long text is cut") {
    CHECK(shortened("short", 5) == "short");
    CHECK(shortened("longer", 5) == "long…");
}

TEST_CASE("times are read, and what is none is zero") {
    CHECK(parse_time("1970-01-02T00:00:01Z") == 86401);
    CHECK(parse_time("2024-02-29T12:00:00.123456789Z") == 1709208000);
    CHECK(parse_time("yesterday") == 0);
    CHECK(parse_time("") == 0);
}

}  // namespace bulkhead::cli
