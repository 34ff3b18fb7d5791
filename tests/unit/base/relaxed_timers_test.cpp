#include "base/relaxed_timers.h"

#include <sys/prctl.h>

#include <thread>

#include <catch2/catch.hpp>

namespace bulkhead {
namespace {

int slack() {
    return ::prctl(PR_GET_TIMERSLACK);
}

TEST_CASE("threads that are made while timers are relaxed keep that, and their maker does not") {
    const int before = slack();
    int of_thread = 0;
    int of_its_thread = 0;
    {
        const RelaxedTimers relaxed;
        std::thread([&] {
            of_thread = slack();
            std::thread([&] { of_its_thread = slack(); }).join();
        }).join();
    }
    CHECK(before < 500'000'000);
    CHECK(of_thread == 500'000'000);
    CHECK(of_its_thread == 500'000'000);
    CHECK(slack() == before);
    int later = 0;
    std::thread([&] { later = slack(); }).join();
    CHECK(later == before);
}

}  // namespace
}  // namespace bulkhead
