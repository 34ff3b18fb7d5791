// Restart policies, log options and health checks.
#include <catch2/catch.hpp>

#include "host/runtime/health_check.h"
#include "host/runtime/log_options.h"
#include "host/runtime/restart_policy.h"

namespace bulkhead::runtime {

using namespace std::chrono_literals;
using When = RestartPolicy::When;
using Words = std::vector<std::string>;

TEST_CASE("restart policies have docker's names") {
    CHECK(parse_restart_policy("no")->when == When::Never);
    CHECK(parse_restart_policy("")->when == When::Never);
    CHECK(parse_restart_policy("always")->when == When::Always);
    CHECK(parse_restart_policy("unless-stopped")->when == When::UnlessStopped);
    CHECK(parse_restart_policy("on-failure")->most == 0);
    CHECK(parse_restart_policy("on-failure:5")->when == When::OnFailure);
    CHECK(parse_restart_policy("on-failure:5")->most == 5);
    CHECK(parse_restart_policy("never").error().message().find("unknown policy 'never'") !=
          std::string::npos);
    CHECK(parse_restart_policy("always:5").error().message().find("can only be used with") !=
          std::string::npos);
    for (const char* text : {"on-failure:", "on-failure:x", "on-failure:-1", "on-failure:5 "})
        CHECK_FALSE(parse_restart_policy(text));
}

TEST_CASE("log options are those of json-file") {
    CHECK(check_log_driver("json-file"));
    CHECK(check_log_driver("none").error().message().find("cannot be turned off") !=
          std::string::npos);
    CHECK_FALSE(check_log_driver("syslog"));
    LogOptions options;
    REQUIRE(set_log_option("max-size=10m", options));
    REQUIRE(set_log_option("max-file=3", options));
    CHECK(options.file_bytes == 10U << 20U);
    CHECK(options.files == 3);
    for (const char* text : {"max-size", "max-size=0", "max-size=x", "max-file=0", "max-file=-1",
                             "max-file=9999", "tag=x"})
        CHECK_FALSE(set_log_option(text, options));
}

TEST_CASE("a health check is the image's, changed by the user") {
    HealthOptions image;
    image.test = {"CMD", "check", "me"};
    image.interval = 7s;
    image.retries = 5;
    HealthOptions user;
    user.interval = 9s;
    const HealthCheck check = *health_check(image, user);
    CHECK(check.command == Words{"check", "me"});
    CHECK(check.interval == 9s);
    CHECK(check.timeout == 30s);
    CHECK(check.start_period == 0s);
    CHECK(check.start_interval == 5s);
    CHECK(check.retries == 5);
    user.test = {"CMD-SHELL", "curl localhost"};
    CHECK(health_check(image, user)->command == Words{"/bin/sh", "-c", "curl localhost"});
    CHECK(health_check({}, user)->retries == 3);
}

TEST_CASE("without a command there is no health check") {
    CHECK(health_check({}, {})->command.empty());
    HealthOptions none;
    none.test = {"NONE"};
    CHECK(health_check(none, {})->command.empty());
    HealthOptions odd;
    odd.test = {"SHELL", "x"};
    CHECK_FALSE(health_check(odd, {}));
    HealthOptions hasty;
    hasty.test = {"CMD", "x"};
    hasty.interval = 1us;
    CHECK(health_check({}, hasty).error().message() ==
          "Interval in Healthcheck cannot be less than 1ms");
}

}  // namespace bulkhead::runtime
