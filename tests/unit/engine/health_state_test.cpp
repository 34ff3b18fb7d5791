#include "host/engine/health_state.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

container::v1::HealthCheck check_of(std::chrono::nanoseconds start_period, std::uint32_t retries) {
    container::v1::HealthCheck check;
    check.set_start_period_ns(static_cast<std::uint64_t>(start_period.count()));
    check.set_retries(retries);
    return check;
}

HealthProbe probe(int exit_code) {
    return {1, 2, exit_code, "said"};
}

}  // namespace

TEST_CASE("so many failures in a row make a container unhealthy, and one success healthy") {
    HealthState state(check_of(0s, 2));
    CHECK(state.status() == "starting");
    state.add(probe(1), 1s);
    CHECK(state.status() == "starting");
    state.add(probe(0), 2s);
    CHECK(state.status() == "healthy");
    state.add(probe(1), 3s);
    state.add(probe(0), 4s);
    state.add(probe(1), 5s);
    CHECK(state.status() == "healthy");
    state.add(probe(-1), 6s);
    CHECK(state.status() == "unhealthy");
    state.add(probe(0), 7s);
    CHECK(state.status() == "healthy");
}

TEST_CASE("failures while a container starts do not count") {
    HealthState state(check_of(10s, 1));
    CHECK(state.interval(1s) == 5s);
    state.add(probe(1), 1s);
    state.add(probe(1), 9s);
    CHECK(state.status() == "starting");
    CHECK(state.interval(11s) == 30s);
    state.add(probe(1), 11s);
    CHECK(state.status() == "unhealthy");
}

TEST_CASE("the first success ends the start period") {
    HealthState state(check_of(60s, 1));
    state.add(probe(0), 1s);
    CHECK(state.status() == "healthy");
    CHECK(state.interval(2s) == 30s);
    state.add(probe(1), 2s);
    CHECK(state.status() == "unhealthy");
}

TEST_CASE("the last checks are kept, each of bounded length") {
    HealthState state(check_of(0s, 3));
    for (int i = 0; i < 7; ++i) state.add({i, i, i, std::string(10'000, 'x')}, 1s);
    const auto json = nlohmann::json::parse(state.to_json());
    CHECK(json["Status"] == "unhealthy");
    CHECK(json["FailingStreak"] == 6);
    REQUIRE(json["Log"].size() == HealthState::kKeptProbes);
    CHECK(json["Log"][4]["ExitCode"] == 6);
    CHECK(json["Log"][4]["Output"].get<std::string>().size() == HealthProbe::kMaxOutput);
    // Never in the middle of a character.
    std::string text = "x";
    while (text.size() < 10'000) text += "\xC3\xA9";
    state.add({7, 7, 7, text}, 1s);
    const auto cut = nlohmann::json::parse(state.to_json())["Log"][4]["Output"].get<std::string>();
    CHECK(text.starts_with(cut));
    CHECK(cut.size() == HealthProbe::kMaxOutput - 1);
}

}  // namespace bulkhead::engine
