#include "tools/bulkhead/event_filter.h"

#include <catch2/catch.hpp>

namespace bulkhead::cli {

namespace {

const events::Event kEvent{1,
                           "container",
                           "health_status: healthy",
                           "00ff11",
                           {{"name", "web"}, {"image", "busybox:latest"}, {"tier", "front"}}};

bool takes(const Words& filters) {
    const auto filter = EventFilter::parse(filters);
    REQUIRE(filter);
    return filter->takes(kEvent);
}

}  // namespace

TEST_CASE("values of one key are alternatives, different keys must all hold") {
    CHECK(takes({}));
    CHECK(takes({"container=db", "container=web"}));
    CHECK_FALSE(takes({"container=web", "type=image"}));
    CHECK(takes({"container=web", "type=container", "scope=local"}));
}

TEST_CASE("what each key looks at") {
    CHECK(takes({"container=00ff"}));
    CHECK_FALSE(takes({"container=ff"}));
    CHECK(takes({"event=health_status"}));
    CHECK(takes({"event=health_status: healthy"}));
    CHECK_FALSE(takes({"event=health"}));
    CHECK(takes({"image=busybox"}));
    CHECK(takes({"image=busybox:latest"}));
    CHECK_FALSE(takes({"image=busy"}));
    CHECK(takes({"label=tier"}));
    CHECK(takes({"label=tier=front"}));
    CHECK_FALSE(takes({"label=tier=back"}));
}

TEST_CASE("of an image's event, the image is its id and the name that it is about") {
    const events::Event event{1,
                              "image",
                              "tag",
                              "sha256:00ff",
                              {{"name", "example.com:5000/app:1"}, {"image", "a label"}}};
    const auto fits = [&](const Words& filters) {
        const auto filter = EventFilter::parse(filters);
        REQUIRE(filter);
        return filter->takes(event);
    };
    CHECK(fits({"type=image", "event=tag"}));
    CHECK(fits({"image=sha256:00ff"}));
    CHECK(fits({"image=example.com:5000/app:1"}));
    CHECK(fits({"image=example.com:5000/app"}));
    CHECK_FALSE(fits({"image=a label"}));
    CHECK_FALSE(fits({"container=sha256:00ff"}));
    CHECK_FALSE(fits({"event=untag"}));
}

TEST_CASE("a key with ! is for the opposite") {
    CHECK_FALSE(takes({"event!=health_status"}));
    CHECK(takes({"event!=exec_die"}));
}

TEST_CASE("what is no filter is an error") {
    CHECK_FALSE(EventFilter::parse({"web"}));
    CHECK_FALSE(EventFilter::parse({"=web"}));
    CHECK_FALSE(EventFilter::parse({"colour=red"}));
}

}  // namespace bulkhead::cli
