#include "base/checked.h"

#include <cstdint>

#include <catch2/catch.hpp>

using namespace bulkhead;

TEST_CASE("checked arithmetic gives nothing when the result does not fit") {
    CHECK(checked_add<std::uint64_t>(UINT64_MAX, 0) == UINT64_MAX);
    CHECK_FALSE(checked_add<std::uint64_t>(UINT64_MAX, 1));
    CHECK(checked_multiply<std::uint32_t>(65535, 65537) == UINT32_MAX);
    CHECK_FALSE(checked_multiply<std::uint32_t>(65536, 65536));
    CHECK_FALSE(checked_add<std::int32_t>(INT32_MIN, -1));
}

TEST_CASE("narrow keeps the value or gives nothing") {
    CHECK(narrow<std::uint8_t>(255) == std::uint8_t{255});
    CHECK_FALSE(narrow<std::uint8_t>(256));
    CHECK_FALSE(narrow<std::uint32_t>(-1));
}

TEST_CASE("align_up rounds to the next multiple and refuses to wrap") {
    CHECK(align_up(0, 4096) == 0U);
    CHECK(align_up(1, 4096) == 4096U);
    CHECK(align_up(4096, 4096) == 4096U);
    CHECK_FALSE(align_up(UINT64_MAX - 10, 4096));
}

TEST_CASE("powers of two are recognised, zero is none") {
    CHECK(is_power_of_two(1));
    CHECK(is_power_of_two(1ULL << 63));
    CHECK_FALSE(is_power_of_two(0));
    CHECK_FALSE(is_power_of_two(12));
}
