#include "tools/bulkhead/flags.h"

#include <catch2/catch.hpp>

namespace bulkhead::cli {

namespace {

struct Values {
    bool interactive = false;
    bool tty = false;
    std::string name;
    Words env;

    std::vector<Flag> flags() {
        return {{"interactive", 'i', "", "", store(interactive)},
                {"tty", 't', "", "", store(tty)},
                {"name", '\0', "NAME", "", store(name)},
                {"env", 'e', "NAME", "", append(env)}};
    }
};

std::string error_of(const Words& words) {
    Values values;
    const auto parsed = parse_flags(words, values.flags(), Placement::BeforeArguments);
    REQUIRE_FALSE(parsed);
    return parsed.error().message();
}

}  // namespace

TEST_CASE("flags take their values in every way that docker's do") {
    Values values;
    const auto rest = parse_flags({"-it", "--name", "a", "-e", "A=1", "-eB=2", "-e=C=3",
                                   "--env=D=4", "-ite", "E=5", "--env", "-F"},
                                  values.flags(), Placement::BeforeArguments);
    REQUIRE(rest);
    CHECK(rest->empty());
    CHECK(values.interactive);
    CHECK(values.tty);
    CHECK(values.name == "a");
    CHECK(values.env == Words{"A=1", "B=2", "C=3", "D=4", "E=5", "-F"});
}

TEST_CASE("a switch can be set to false") {
    Values values;
    REQUIRE(
        parse_flags({"-i", "--interactive=false", "-t=true"}, values.flags(), Placement::Anywhere));
    CHECK_FALSE(values.interactive);
    CHECK(values.tty);
    CHECK_FALSE(parse_flags({"--tty=maybe"}, values.flags(), Placement::Anywhere));
}

TEST_CASE("what follows the first argument is the container's") {
    Values values;
    const auto rest = parse_flags({"-i", "image", "-t", "--", "--name"}, values.flags(),
                                  Placement::BeforeArguments);
    REQUIRE(rest);
    CHECK(*rest == Words{"image", "-t", "--", "--name"});
    CHECK_FALSE(values.tty);
}

TEST_CASE("flags may follow arguments where that is meant, up to --") {
    Values values;
    const auto rest =
        parse_flags({"a", "-t", "b", "--", "-i"}, values.flags(), Placement::Anywhere);
    REQUIRE(rest);
    CHECK(*rest == Words{"a", "b", "-i"});
    CHECK(values.tty);
    CHECK_FALSE(values.interactive);
}

TEST_CASE("a single dash is an argument, and an empty word too") {
    Values values;
    const auto rest = parse_flags({"-", ""}, values.flags(), Placement::Anywhere);
    REQUIRE(rest);
    CHECK(*rest == Words{"-", ""});
}

TEST_CASE("errors are docker's, with the nearest flag") {
    CHECK(error_of({"--nmae", "x"}) == "unknown flag: --nmae; did you mean --name?");
    CHECK(error_of({"--zzzzzzzz"}) == "unknown flag: --zzzzzzzz");
    CHECK(error_of({"-ix"}) == "unknown shorthand flag: 'x' in -ix");
    CHECK(error_of({"--name"}) == "flag needs an argument: --name");
    CHECK(error_of({"-ie"}) == "flag needs an argument: 'e' in -ie");
    CHECK(error_of({"--tty=x"}) ==
          "invalid argument \"x\" for \"-t, --tty\" flag: want true or false");
}

TEST_CASE("help lists every flag on a line of its own") {
    Values values;
    const std::string help = flags_help(values.flags());
    CHECK(help.find("  -e, --env NAME     ") != std::string::npos);
    CHECK(help.find("      --name NAME    ") != std::string::npos);
}

}  // namespace bulkhead::cli
