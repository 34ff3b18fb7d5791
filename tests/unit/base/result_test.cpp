#include "base/result.h"

#include <cerrno>
#include <memory>

#include <catch2/catch.hpp>

using namespace bulkhead;

namespace {

Result<std::unique_ptr<int>> make_number(bool works) {
    if (!works) return errno_error(ENOENT, "open number");
    return std::make_unique<int>(7);
}

Result<int> use_number(bool works) {
    const std::unique_ptr<int> number = TRY_CONTEXT(make_number(works), "using number");
    return *number + 1;
}

Result<void> only_effect(bool works) {
    TRY(use_number(works));
    return {};
}

}  // namespace

TEST_CASE("TRY passes move-only values on") {
    const auto result = use_number(true);
    REQUIRE(result.ok());
    CHECK(*result == 8);
    CHECK(only_effect(true).ok());
}

TEST_CASE("an error keeps its code and gains context outwards") {
    const auto result = use_number(false);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().is(std::errc::no_such_file_or_directory));
    CHECK(result.error().message() == "using number: open number: No such file or directory");
    const auto outer = only_effect(false).context("starting");
    REQUIRE_FALSE(outer.ok());
    CHECK(outer.error().message() ==
          "starting: using number: open number: No such file or directory");
}

TEST_CASE("context leaves a success alone") {
    CHECK(only_effect(true).context("never seen").ok());
    CHECK(*use_number(true).context("never seen") == 8);
}
