// How either side ends a direction, or the connection.
#include "tests/unit/vsock/connection_table.h"

namespace bulkhead::vsock::test {

namespace {

std::vector<Row> guest_ends() {
    using enum Operation;
    return {
        {"Shutdown(send) shows the host end-of-file",
         false,
         {kSend},
         guest(Shutdown, kShutdownSend),
         {.end_host_input = true},
         State::Established},
        {"Shutdown(receive) fails the host's writes",
         false,
         {kSend},
         guest(Shutdown, kShutdownReceive),
         {.stop_host_output = true},
         State::Established},
        {"a repeated Shutdown is nothing",
         false,
         {kSend, guest(Shutdown, kShutdownSend)},
         guest(Shutdown, kShutdownSend),
         {},
         State::Established},
        {"Shutdown without flags is nothing",
         false,
         {kSend},
         guest(Shutdown, 0),
         {},
         State::Established},
        {"unknown Shutdown flags are nothing",
         false,
         {kSend},
         guest(Shutdown, 0xfffffffc),
         {},
         State::Established},
        {"a full Shutdown is answered by Reset",
         false,
         {kSend},
         guest(Shutdown, kShutdownBoth),
         {.stop_host_output = true, .close_host = true, .reset_guest = true, .remove = true},
         State::Closed},
        {"two halves are a full Shutdown",
         false,
         {kSend, guest(Shutdown, kShutdownSend)},
         guest(Shutdown, kShutdownReceive),
         {.stop_host_output = true, .close_host = true, .reset_guest = true, .remove = true},
         State::Closed},
    };
}

std::vector<Row> host_ends() {
    using enum Operation;
    return {
        {"end-of-file becomes Shutdown(send)",
         false,
         {kSend},
         kEndOfFile,
         {},
         State::Established,
         "4/2 "},
        {"a host that stops reading becomes Shutdown(receive)",
         false,
         {kSend},
         kStoppedReading,
         {.discard = true},
         State::Established,
         "4/1 "},
        {"a host that closes becomes a full Shutdown",
         false,
         {kSend},
         kHostClosed,
         {.discard = true, .close_host = true, .start_timer = true},
         State::Closing,
         "4/3 "},
        {"data for a host that stopped reading is dropped",
         false,
         {kSend, kStoppedReading},
         guest_data(1000),
         {},
         State::Established,
         "4/1 "},
        {"the second half makes it full",
         false,
         {kSend, kEndOfFile, kSend},
         kStoppedReading,
         {.discard = true, .close_host = true, .start_timer = true},
         State::Closing,
         "4/3 "},
        {"both sides' ends make it full",
         false,
         {kSend, kEndOfFile, kSend},
         guest(Shutdown, kShutdownSend),
         {.end_host_input = true, .close_host = true, .start_timer = true},
         State::Closing,
         "4/3 "},
        {"both sides' ends wait for held data",
         false,
         {kSend, guest_data(10), kEndOfFile, kSend, guest(Shutdown, kShutdownSend)},
         forwarded(9),
         {},
         State::Established},
        {"both sides' ends are full when held data is out",
         false,
         {kSend, guest_data(10), kEndOfFile, kSend, guest(Shutdown, kShutdownSend), forwarded(9)},
         forwarded(1),
         {.close_host = true, .start_timer = true},
         State::Closing,
         "4/3 "},
        {"end-of-file after the guest's makes it full",
         false,
         {kSend, guest(Shutdown, kShutdownSend)},
         kEndOfFile,
         {.close_host = true, .start_timer = true},
         State::Closing,
         "4/3 "},
        {"no direction left makes it full",
         false,
         {kSend, guest(Shutdown, kShutdownReceive)},
         kStoppedReading,
         {.discard = true, .close_host = true, .start_timer = true},
         State::Closing,
         "4/3 "},
    };
}

std::vector<Row> closing() {
    using enum Operation;
    return {
        {"the guest's Reset ends it",
         false,
         {kSend, kHostClosed, kSend},
         guest(Reset),
         {.close_host = true, .remove = true},
         State::Closed},
        {"the guest's full Shutdown is answered",
         false,
         {kSend, kHostClosed, kSend},
         guest(Shutdown, kShutdownBoth),
         {.stop_host_output = true, .close_host = true, .reset_guest = true, .remove = true},
         State::Closed},
        {"data under way is dropped",
         false,
         {kSend, kHostClosed, kSend},
         guest_data(500),
         {},
         State::Closing},
        {"a guest that does not answer is given up",
         false,
         {kSend, kHostClosed, kSend},
         kTimeout,
         kViolation,
         State::Closed},
        {"end-of-file is old news",
         false,
         {kSend, kHostClosed, kSend},
         kEndOfFile,
         {},
         State::Closing},
    };
}

TEST_CASE("the guest ends directions") {
    check(guest_ends());
}

TEST_CASE("the host ends directions") {
    check(host_ends());
}

TEST_CASE("closing a connection") {
    check(closing());
}

}  // namespace

}  // namespace bulkhead::vsock::test
