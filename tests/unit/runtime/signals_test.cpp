#include "host/runtime/signals.h"

#include <csignal>

#include <catch2/catch.hpp>

namespace bulkhead::runtime {

TEST_CASE("signals have names, with or without SIG, and numbers") {
    CHECK(*parse_signal("TERM") == SIGTERM);
    CHECK(*parse_signal("SIGTERM") == SIGTERM);
    CHECK(*parse_signal("sigusr1") == SIGUSR1);
    CHECK(*parse_signal("9") == SIGKILL);
    CHECK(*parse_signal("64") == 64);
    CHECK(*parse_signal("RTMIN") == 34);
    CHECK(*parse_signal("SIGRTMIN+3") == 37);
    CHECK(*parse_signal("RTMAX-1") == 63);
    for (const char* text : {"", "SIG", "SIGNOTHING", "0", "-1", "65", "RTMIN+31", "RTMIN-1",
                             "RTMAX+1", "RTMIN+", "9x", "99999999999"}) {
        INFO(text);
        const auto signal = parse_signal(text);
        // Below RTMIN lie the numbers that a libc keeps for itself, which are signals nevertheless.
        CHECK(signal.ok() == (std::string_view(text) == "RTMIN-1"));
    }
}

}  // namespace bulkhead::runtime
