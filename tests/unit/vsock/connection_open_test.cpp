// How a connection opens, and the guest's data on one that is open.
#include "tests/unit/vsock/connection_table.h"

namespace bulkhead::vsock::test {

namespace {

std::vector<Row> opening() {
    using enum Operation;
    return {
        {"an accepted Request is answered", false, {}, kSend, {}, State::Established},
        {"a host's stream waits for the guest", true, {}, kSend, {}, State::Requested},
        {"a Response opens it", true, {kSend}, guest(Response), {}, State::Established},
        {"a Reset refuses it",
         true,
         {kSend},
         guest(Reset),
         {.close_host = true, .remove = true},
         State::Closed},
        {"a guest that does not answer is given up",
         true,
         {kSend},
         kTimeout,
         kViolation,
         State::Closed},
        {"the timer means nothing once it is open",
         true,
         {kSend, guest(Response)},
         kTimeout,
         {},
         State::Established},
        {"a Response before our Request breaks the protocol",
         true,
         {},
         guest(Response),
         kViolation,
         State::Closed},
        {"data before the Response breaks the protocol",
         true,
         {kSend},
         guest_data(1),
         kViolation,
         State::Closed},
        {"a second Response breaks the protocol",
         true,
         {kSend, guest(Response)},
         guest(Response),
         kViolation,
         State::Closed},
        {"a Response to the guest's own stream breaks the protocol",
         false,
         {kSend},
         guest(Response),
         kViolation,
         State::Closed},
        {"a second Request breaks the protocol",
         false,
         {kSend},
         guest(Request),
         kViolation,
         State::Closed},
        {"an unknown operation breaks the protocol",
         false,
         {kSend},
         guest(Operation{99}),
         kViolation,
         State::Closed},
        {"operation 0 breaks the protocol",
         false,
         {kSend},
         guest(Operation{}),
         kViolation,
         State::Closed},
        {"a malformed packet breaks the protocol",
         false,
         {kSend},
         kMalformed,
         kViolation,
         State::Closed},
    };
}

std::vector<Row> data() {
    using enum Operation;
    return {
        {"data is delivered",
         false,
         {kSend},
         guest_data(10),
         {.deliver = true},
         State::Established},
        {"empty data is nothing", false, {kSend}, guest_data(0), {}, State::Established},
        {"data may fill the buffer",
         false,
         {kSend, guest_data(999)},
         guest_data(1),
         {.deliver = true},
         State::Established},
        {"data above the buffer breaks the protocol",
         false,
         {kSend, guest_data(999)},
         guest_data(2),
         kViolation,
         State::Closed},
        {"forwarded data makes room",
         false,
         {kSend, guest_data(1000), forwarded(400)},
         guest_data(400),
         {.deliver = true},
         State::Established},
        {"data after Shutdown(send) breaks the protocol",
         false,
         {kSend, guest(Shutdown, kShutdownSend)},
         guest_data(1),
         kViolation,
         State::Closed},
        {"a Reset lets what was held reach the host",
         false,
         {kSend, guest_data(10)},
         guest(Reset),
         {.close_host = true, .remove = true},
         State::Closed},
        {"credit packets alone change nothing",
         false,
         {kSend},
         guest(CreditUpdate),
         {},
         State::Established},
    };
}

TEST_CASE("opening a connection") {
    check(opening());
}

TEST_CASE("data of the guest") {
    check(data());
}

}  // namespace

}  // namespace bulkhead::vsock::test
