#include "host/cgroup/place.h"

#include <catch2/catch.hpp>

namespace bulkhead::cgroup {

namespace {

std::string why_not(const std::string& parent) {
    const auto good = check_parent(parent);
    return good ? "" : good.error().message();
}

}  // namespace

TEST_CASE("a place is a path below the mount") {
    CHECK(Place{.name = "abc"}.path() == "/sys/fs/cgroup/bulkhead/abc");
    CHECK(Place{.mount = "/m", .parent = "/a/b", .name = "c"}.path() == "/m/a/b/c");
    CHECK(Place{.mount = "/m", .parent = "/", .name = "c"}.path() == "/m/c");
}

TEST_CASE("a parent is an absolute, plain path") {
    CHECK(why_not("/tenants/a") == "");
    CHECK(why_not("/") == "");
    CHECK(why_not("tenants") == "a cgroup's parent begins with /, where /sys/fs/cgroup is /");
    for (const char* parent : {"/a/../b", "/..", "/./a", "/a\nb"})
        CHECK(why_not(parent) == "a cgroup's parent is a plain path, without //, . and ..");
}

TEST_CASE("systemd's cgroups are not ours to make") {
    CHECK(why_not("/machine.slice").starts_with("machine.slice is systemd's"));
    CHECK(why_not("/a/b.scope/c").starts_with("b.scope is systemd's"));
    CHECK(why_not("/a/user@1000.service/c") == "");  // which may be delegated
}

TEST_CASE("where there is no cgroup v2 nothing is made") {
    const auto prepared = prepare({.mount = "/proc", .parent = "/bulkhead", .name = "x"});
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().message() == "/proc is not a cgroup v2 file system");
    CHECK_FALSE(prepare({.mount = "/no/such", .parent = "/bulkhead", .name = "x"}));
}

}  // namespace bulkhead::cgroup
