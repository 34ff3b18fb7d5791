#include "host/runtime/environment.h"

#include <map>

#include <catch2/catch.hpp>

namespace bulkhead::runtime {

namespace {

std::optional<std::string> ours(const std::string& name) {
    const std::map<std::string, std::string> variables = {{"HOME", "/home/me"}, {"EMPTY", ""}};
    const auto found = variables.find(name);
    return found != variables.end() ? std::optional(found->second) : std::nullopt;
}

}  // namespace

TEST_CASE("-e passes a pair on, a name with our value, and an unknown name alone") {
    CHECK(*parse_env_flag("A=b", ours) == "A=b");
    CHECK(*parse_env_flag("A=", ours) == "A=");
    CHECK(*parse_env_flag("A=b=c d", ours) == "A=b=c d");
    CHECK(*parse_env_flag("HOME", ours) == "HOME=/home/me");
    CHECK(*parse_env_flag("EMPTY", ours) == "EMPTY=");
    CHECK(*parse_env_flag("NOWHERE", ours) == "NOWHERE");
    const auto nameless = parse_env_flag("=x", ours);
    REQUIRE_FALSE(nameless);
    CHECK(nameless.error().message() == "invalid environment variable: =x");
}

TEST_CASE("an env file has comments, empty lines, and values that are taken as they are") {
    const char* content =
        "\xEF\xBB\xBF# comment\n"
        "\n"
        "  A=leading space is not the name's\n"
        "B='quotes stay'\r\n"
        "C=a # is no comment here \n"
        "   # indented comment\n"
        "HOME\n"
        "NOWHERE\n"
        "D=";
    const auto parsed = parse_env_file(content, "file", ours);
    REQUIRE(parsed);
    CHECK(*parsed == Environment{"A=leading space is not the name's", "B='quotes stay'",
                                 "C=a # is no comment here ", "HOME=/home/me", "D="});
}

TEST_CASE("an env file that docker refuses is refused") {
    const auto spaces = parse_env_file("A B=c\n", "file", ours);
    REQUIRE_FALSE(spaces);
    CHECK(spaces.error().message() ==
          "poorly formatted environment: variable 'A B' contains whitespaces");
    const auto nameless = parse_env_file("=c\n", "file", ours);
    REQUIRE_FALSE(nameless);
    CHECK(nameless.error().message() ==
          "poorly formatted environment: no variable name on line '=c'");
    const auto bytes = parse_env_file("A=b\nC=\xFF\n", "file", ours);
    REQUIRE_FALSE(bytes);
    CHECK(bytes.error().message() == "env file file contains invalid utf8 bytes at line 2");
    CHECK_FALSE(parse_env_file(std::string_view("A=\0", 3), "file", ours));
}

TEST_CASE("later variables replace earlier ones, and a name alone removes") {
    const Environment base = {"PATH=/bin", "A=1", "AB=2"};
    CHECK(merge_environment(base, {"A=3", "NEW=4", "NEW=5"}) ==
          Environment{"PATH=/bin", "A=3", "AB=2", "NEW=5"});
    CHECK(merge_environment(base, {"A", "NOWHERE"}) == Environment{"PATH=/bin", "AB=2"});
}

}  // namespace bulkhead::runtime
