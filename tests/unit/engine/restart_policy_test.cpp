#include "host/engine/restart_policy.h"

#include <catch2/catch.hpp>

#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

using container::v1::RestartPolicy;
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

RestartPolicy policy(RestartPolicy::When when, std::uint32_t most = 0) {
    RestartPolicy result;
    result.set_when(when);
    result.set_most(most);
    return result;
}

}  // namespace

TEST_CASE("the time between starts doubles up to a minute, and a lasting run begins it anew") {
    RestartBackoff backoff;
    CHECK(backoff.next(1s) == 100ms);
    CHECK(backoff.next(1s) == 200ms);
    CHECK(backoff.next(9s) == 400ms);
    for (int i = 0; i < 20; ++i) backoff.next(0s);
    CHECK(backoff.next(0s) == 1min);
    CHECK(backoff.next(10s) == 100ms);
}

TEST_CASE("what starts again after its end") {
    const auto never = policy(RestartPolicy::WHEN_NEVER);
    const auto always = policy(RestartPolicy::WHEN_ALWAYS);
    const auto unless_stopped = policy(RestartPolicy::WHEN_UNLESS_STOPPED);
    const auto on_failure = policy(RestartPolicy::WHEN_ON_FAILURE);
    const auto twice = policy(RestartPolicy::WHEN_ON_FAILURE, 2);
    const RunEnd good{.exit_code = 0};
    const RunEnd bad{.exit_code = 1};
    CHECK_FALSE(starts_again(never, bad));
    CHECK(starts_again(always, good));
    CHECK(starts_again(unless_stopped, good));
    CHECK_FALSE(starts_again(on_failure, good));
    CHECK(starts_again(on_failure, {.exit_code = 1, .restarts = 1000}));
    CHECK(starts_again(twice, {.exit_code = 1, .restarts = 1}));
    CHECK_FALSE(starts_again(twice, {.exit_code = 1, .restarts = 2}));
    for (const auto& each : {always, unless_stopped, on_failure})
        CHECK_FALSE(starts_again(each, {.exit_code = 1, .stopped = true}));
}

TEST_CASE("what starts when the host has booted") {
    const RunEnd ended{.exit_code = 0};
    const RunEnd failed{.exit_code = 1};
    const RunEnd stopped{.exit_code = 0, .stopped = true};
    const auto always = policy(RestartPolicy::WHEN_ALWAYS);
    CHECK(starts_at_boot(always, stopped, false));
    const auto unless_stopped = policy(RestartPolicy::WHEN_UNLESS_STOPPED);
    CHECK_FALSE(starts_at_boot(unless_stopped, stopped, false));
    CHECK(starts_at_boot(unless_stopped, ended, true));
    const auto on_failure = policy(RestartPolicy::WHEN_ON_FAILURE, 1);
    CHECK(starts_at_boot(on_failure, ended, true));
    CHECK_FALSE(starts_at_boot(on_failure, ended, false));
    CHECK(starts_at_boot(on_failure, failed, false));
    CHECK_FALSE(starts_at_boot(policy(RestartPolicy::WHEN_NEVER), failed, true));
}

}  // namespace bulkhead::engine
