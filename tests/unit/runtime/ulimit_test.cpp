#include "host/runtime/ulimit.h"

#include <catch2/catch.hpp>

namespace bulkhead::runtime {

TEST_CASE("a ulimit has a soft and perhaps a hard limit, and -1 is unlimited") {
    const auto both = parse_ulimit("nofile=1024:4096");
    REQUIRE(both);
    CHECK(both->type == "RLIMIT_NOFILE");
    CHECK(both->soft == 1024);
    CHECK(both->hard == 4096);
    const auto one = parse_ulimit("core=0");
    REQUIRE(one);
    CHECK(one->soft == 0);
    CHECK(one->hard == 0);
    const auto open = parse_ulimit("memlock=1000:-1");
    REQUIRE(open);
    CHECK(open->soft == 1000);
    CHECK(open->hard == Ulimit::kUnlimited);
    const auto unlimited = parse_ulimit("stack=-1");
    REQUIRE(unlimited);
    CHECK(unlimited->soft == Ulimit::kUnlimited);
}

TEST_CASE("a ulimit that docker refuses is refused") {
    const std::pair<const char*, const char*> cases[] = {
        {"nofile", "invalid ulimit argument: nofile"},
        {"nofiles=1", "invalid ulimit type: nofiles"},
        {"as=1", "invalid ulimit type: as"},
        {"nofile=2:1", "ulimit soft limit must be less than or equal to hard limit: 2 > 1"},
        {"nofile=-1:5",
         "ulimit soft limit must be less than or equal to hard limit: -1 (unlimited) > 5"},
    };
    for (const auto& [text, message] : cases) {
        const auto parsed = parse_ulimit(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message() == message);
    }
    for (const char* text : {"nofile=", "nofile=a", "nofile=1:2:3", "nofile=1:", "nofile=-2", "=1"})
        CHECK_FALSE(parse_ulimit(text));
}

}  // namespace bulkhead::runtime
