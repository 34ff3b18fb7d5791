#include "host/state/paths.h"

#include <map>

#include <catch2/catch.hpp>

namespace bulkhead::state {

namespace {

Variable variables(std::map<std::string, std::string> values) {
    return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
        const auto found = values.find(name);
        return found != values.end() ? std::optional(found->second) : std::nullopt;
    };
}

}  // namespace

TEST_CASE("root keeps data in /var/lib and state in /run, whatever the environment says") {
    const auto paths = default_paths(true, variables({{"XDG_DATA_HOME", "/x"}}));
    REQUIRE(paths);
    CHECK(paths->root == "/var/lib/bulkhead");
    CHECK(paths->state == "/run/bulkhead");
}

TEST_CASE("anyone else keeps both in the XDG directories") {
    const auto paths = default_paths(
        false, variables({{"XDG_DATA_HOME", "/d"}, {"XDG_RUNTIME_DIR", "/r"}, {"HOME", "/h"}}));
    REQUIRE(paths);
    CHECK(paths->root == "/d/bulkhead");
    CHECK(paths->state == "/r/bulkhead");
    const auto fallback =
        default_paths(false, variables({{"HOME", "/h"}, {"XDG_DATA_HOME", "relative"}}));
    REQUIRE(fallback);
    CHECK(fallback->root == "/h/.local/share/bulkhead");
    CHECK(fallback->state == "/h/.local/share/bulkhead/run");
    CHECK_FALSE(default_paths(false, variables({})));
}

}  // namespace bulkhead::state
