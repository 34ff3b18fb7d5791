#include "guest-agent/usage/proc_text.h"

#include <catch2/catch.hpp>

namespace bulkhead::agent {

TEST_CASE("a process's name may hold what separates the other fields") {
    const auto fields = parse_process_fields("42 (a) (b) c) S 1 2\n");
    REQUIRE(fields);
    CHECK(fields->pid == 42);
    CHECK(fields->name == "a) (b) c");
    REQUIRE(fields->rest.size() == 3);
    CHECK(fields->rest[0] == "S");
    CHECK(!parse_process_fields("42 no name"));
    CHECK(!parse_process_fields(")("));
    CHECK(!parse_process_fields(""));
}

TEST_CASE("values are found by their whole key") {
    constexpr std::string_view kText = "usage_usec 12\nuser_usec 7\nNSpid:\t9\t1\nlast";
    CHECK(number_of(value_of(kText, "usage_usec")) == 12);
    CHECK(number_of(value_of(kText, "user_usec")) == 7);
    CHECK(words_of(value_of(kText, "NSpid"), 8).back() == "1");
    CHECK(value_of(kText, "user").empty());
    CHECK(value_of(kText, "last").empty());
    CHECK(number_of("max") == 0);
    CHECK(number_of("99999999999999999999999") == 0);
    CHECK(words_of(" a  b c ", 2).size() == 2);
}

}  // namespace bulkhead::agent
