#include "host/runtime/capabilities.h"

#include <algorithm>

#include <catch2/catch.hpp>

namespace bulkhead::runtime {

namespace {

CapabilityNames of(const std::vector<std::string>& add, const std::vector<std::string>& drop) {
    const auto names = container_capabilities(add, drop);
    REQUIRE(names);
    return *names;
}

bool has(const CapabilityNames& names, const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("the default capabilities are docker's fourteen") {
    CapabilityNames expected = {
        "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
        "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
        "CAP_KILL",    "CAP_AUDIT_WRITE"};
    CapabilityNames actual = of({}, {});
    std::sort(expected.begin(), expected.end());
    std::sort(actual.begin(), actual.end());
    CHECK(actual == expected);
}

TEST_CASE("capabilities are added and dropped by name, with or without the prefix") {
    const auto names = of({"net_admin", "CAP_SYS_TIME"}, {"CHOWN", "cap_kill"});
    CHECK(has(names, "CAP_NET_ADMIN"));
    CHECK(has(names, "CAP_SYS_TIME"));
    CHECK_FALSE(has(names, "CAP_CHOWN"));
    CHECK_FALSE(has(names, "CAP_KILL"));
    CHECK(names.size() == 14);
}

TEST_CASE("a capability that is dropped and added is there") {
    CHECK(has(of({"CHOWN"}, {"CHOWN"}), "CAP_CHOWN"));
}

TEST_CASE("ALL adds every capability but the dropped, or drops every one but the added") {
    CHECK(of({"ALL"}, {}).size() == 41);
    const auto most = of({"all"}, {"SYS_ADMIN"});
    CHECK(most.size() == 40);
    CHECK_FALSE(has(most, "CAP_SYS_ADMIN"));
    CHECK(of({}, {"ALL"}).empty());
    CHECK(of({"KILL"}, {"ALL"}) == CapabilityNames{"CAP_KILL"});
}

TEST_CASE("an unknown capability is refused") {
    const auto names = container_capabilities({"FLY"}, {});
    REQUIRE_FALSE(names);
    CHECK(names.error().message() == "invalid capability: \"FLY\"");
    CHECK_FALSE(container_capabilities({}, {""}));
}

}  // namespace bulkhead::runtime
