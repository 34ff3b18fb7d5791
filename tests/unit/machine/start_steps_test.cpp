#include "vmm/machine/start_steps.h"

#include <catch2/catch.hpp>

namespace bulkhead::machine {
namespace {

TEST_CASE("steps keep their order, and time does not go back") {
    StartSteps steps;
    CHECK(steps.steps().empty());
    steps.record("memory");
    steps.record("vm");
    REQUIRE(steps.steps().size() == 2);
    CHECK(steps.steps()[0].name == "memory");
    CHECK(steps.steps()[1].name == "vm");
    CHECK(steps.steps()[0].monotonic_ns > 0);
    CHECK(steps.steps()[0].monotonic_ns <= steps.steps()[1].monotonic_ns);
}

}  // namespace
}  // namespace bulkhead::machine
