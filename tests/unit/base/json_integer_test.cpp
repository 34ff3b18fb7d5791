#include "base/json_integer.h"

#include <limits>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace bulkhead {

namespace {

template <class Value>
std::optional<Value> parsed(const std::string& text) {
    return integer_of<Value>(nlohmann::json::parse(text));
}

}  // namespace

TEST_CASE("an integer of JSON is the value's own, or nothing") {
    CHECK(parsed<std::int64_t>("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    CHECK(parsed<std::int64_t>("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
    CHECK_FALSE(parsed<std::int64_t>("9223372036854775808"));
    CHECK(parsed<std::uint64_t>("18446744073709551615") ==
          std::numeric_limits<std::uint64_t>::max());
    CHECK_FALSE(parsed<std::uint64_t>("-1"));
    CHECK(parsed<std::uint32_t>("4294967295") == 4294967295U);
    CHECK_FALSE(parsed<std::uint32_t>("4294967296"));
    CHECK(parsed<std::int8_t>("-128") == std::int8_t{-128});
    CHECK_FALSE(parsed<std::int8_t>("-129"));
}

TEST_CASE("what is no integer of JSON is nothing") {
    for (const char* text : {"1.0", "1e3", "18446744073709551616", "\"1\"", "true", "null", "[1]"})
        CHECK_FALSE(parsed<std::int64_t>(text));
}

}  // namespace bulkhead
