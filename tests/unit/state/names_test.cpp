#include "host/state/names.h"

#include <algorithm>

#include <catch2/catch.hpp>

namespace bulkhead::state {

TEST_CASE("ids are 64 hexadecimal digits and differ") {
    const auto first = random_id();
    const auto second = random_id();
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->size() == 64);
    CHECK(first->find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(*first != *second);
    CHECK(short_id(*first) == first->substr(0, 12));
}

TEST_CASE("random names pass the rule for names") {
    for (int i = 0; i < 200; ++i) {
        const auto name = random_name();
        REQUIRE(name);
        CHECK(check_name(*name));
        CHECK(std::count(name->begin(), name->end(), '_') == 1);
    }
}

TEST_CASE("names that could be anything else are refused") {
    for (const char* name : {"ab", "a1", "My.web-server_2", "0x"}) CHECK(check_name(name));
    for (const char* name : {"", "a", "-a", ".a", "_a", "a b", "a/b", "../x", "a\n", "ü1"})
        CHECK_FALSE(check_name(name));
    CHECK_FALSE(check_name(std::string(256, 'a')));
}

}  // namespace bulkhead::state
