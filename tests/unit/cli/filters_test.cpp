#include "tools/bulkhead/filters.h"

#include <catch2/catch.hpp>

#include "tools/bulkhead/image_filters.h"

namespace bulkhead::cli {

namespace {

std::string error_of(const std::string& filter) {
    Filters filters({"name", "label", "until"});
    const auto added = filters.add(filter);
    return added ? "" : added.error().message();
}

}  // namespace

TEST_CASE("a filter is KEY=VALUE with a known key") {
    CHECK(error_of("name=web").empty());
    CHECK(error_of("name=").empty());
    CHECK(error_of("name") == "bad format of filter (expected name=value)");
    CHECK(error_of("nmae=x") == "invalid filter 'nmae'; did you mean 'name'?");
    CHECK(error_of("zzzzzz=x") == "invalid filter 'zzzzzz'; there are name, label, until");
}

TEST_CASE("a key that is given twice fits with either value") {
    Filters filters({"name"});
    CHECK(filters.any("name", [](const std::string&) { return false; }));
    REQUIRE(filters.add("name=a"));
    REQUIRE(filters.add("name=b"));
    CHECK(filters.any("name", [](const std::string& value) { return value == "b"; }));
    CHECK_FALSE(filters.any("name", [](const std::string& value) { return value == "c"; }));
}

TEST_CASE("labels have to be there all, or not at all") {
    const std::map<std::string, std::string> labels = {{"tier", "front"}, {"empty", ""}};
    const auto fits = [&](const std::vector<std::string>& wanted) {
        Filters filters({"label", "label!"});
        for (const std::string& each : wanted) REQUIRE(filters.add(each));
        return labels_fit(filters, labels);
    };
    CHECK(fits({}));
    CHECK(fits({"label=tier", "label=empty", "label=tier=front"}));
    CHECK_FALSE(fits({"label=tier", "label=app"}));
    CHECK_FALSE(fits({"label=tier=back"}));
    CHECK(fits({"label!=app", "label!=tier=back"}));
    CHECK_FALSE(fits({"label!=tier"}));
}

TEST_CASE("until is a moment or an age") {
    constexpr std::int64_t kNow = 1'000'000;
    const auto until = [](const std::string& value) -> std::int64_t {
        Filters filters({"until"});
        REQUIRE(filters.add("until=" + value));
        const auto moment = until_filter(filters, kNow);
        return moment ? *moment : -1;
    };
    CHECK(until("1h") == kNow - 3600);
    CHECK(until("1970-01-02T00:00:00Z") == 86400);
    CHECK(until("soon") == -1);
    CHECK(until_filter(Filters({"until"}), kNow).value() == 0);
}

TEST_CASE("switches are true or false") {
    Filters filters({"dangling"});
    CHECK(boolean_filter(filters, "dangling", true).value());
    REQUIRE(filters.add("dangling=0"));
    CHECK_FALSE(boolean_filter(filters, "dangling", true).value());
    Filters wrong({"dangling"});
    REQUIRE(wrong.add("dangling=maybe"));
    CHECK_FALSE(boolean_filter(wrong, "dangling", true).ok());
}

TEST_CASE("a reference's pattern fits the name with or without its tag") {
    CHECK(reference_fits("busybox", "busybox:latest"));
    CHECK(reference_fits("busybox:*", "busybox:1.36"));
    CHECK(reference_fits("busy*", "busybox:latest"));
    CHECK_FALSE(reference_fits("busybox:1.35", "busybox:1.36"));
    CHECK_FALSE(reference_fits("*", "example.com/a/b:latest"));
    CHECK(reference_fits("example.com/*/b", "example.com/a/b:latest"));
    CHECK_FALSE(reference_fits("*", ""));
}

}  // namespace bulkhead::cli
