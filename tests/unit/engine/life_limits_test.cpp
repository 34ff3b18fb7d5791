#include "host/engine/life_limits.h"

#include <catch2/catch.hpp>

namespace bulkhead::engine {

namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

// Runs a container's limits until they end it, and gives the reason.
std::string end_of(LifeLimits::Limits limits, const std::function<LifeLimits::Activity()>& look) {
    EventLoop loop;
    std::string reason;
    const LifeLimits watched(loop, limits, look, [&](const std::string& why) {
        CHECK(reason.empty());
        reason = why;
        // A second end would come by now.
        loop.post([&] { loop.stop(); });
    });
    loop.run();
    return reason;
}

}  // namespace

TEST_CASE("a container's time to live ends whatever it does") {
    const std::string reason = end_of({.ttl = 20ms, .idle = 1h}, [] {
        return LifeLimits::Activity{0, true};
    });
    CHECK(reason == "its time to live (0 s) is over");
}

TEST_CASE("an idle container ends when nothing was moved for long enough") {
    int looks = 0;
    const std::string reason = end_of({.ttl = 0ns, .idle = 1ms}, [&] {
        ++looks;
        // Busy at first, then moving bytes, then idle.
        if (looks <= 2) return LifeLimits::Activity{0, true};
        return LifeLimits::Activity{looks <= 4 ? static_cast<std::uint64_t>(looks) : 4U, false};
    });
    CHECK(reason == "it was idle for 0 s");
    CHECK(looks == 5);
}

}  // namespace bulkhead::engine
