#include "vmm/vsock/connection.h"

#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/text.h"

namespace bulkhead::vsock {

namespace {

using State = Connection::State;
using Input = std::function<Actions(Connection&)>;

constexpr PortPair kPorts{.host = 1024, .guest = 5000};
constexpr std::uint32_t kBuffer = 1000;
constexpr std::uint32_t kGuestBuffer = 4096;

Header from_guest(Operation operation, std::uint32_t flags = 0, std::uint32_t length = 0) {
    return {.source_cid = 3,
            .destination_cid = 2,
            .source_port = kPorts.guest,
            .destination_port = kPorts.host,
            .length = length,
            .operation = operation,
            .flags = flags,
            .buffer_allocation = kGuestBuffer};
}

Input guest(Operation operation, std::uint32_t flags = 0) {
    return
        [=](Connection& connection) { return connection.on_packet(from_guest(operation, flags)); };
}

Input guest_data(std::uint32_t length) {
    return [=](Connection& connection) {
        return connection.on_packet(from_guest(Operation::Data, 0, length));
    };
}

Input forwarded(std::uint32_t bytes) {
    return [=](Connection& connection) { return connection.on_forwarded(bytes); };
}

const Input kEndOfFile = &Connection::on_host_end_of_file;
const Input kStoppedReading = &Connection::on_host_stopped_reading;
const Input kHostClosed = &Connection::on_host_closed;
const Input kTimeout = &Connection::on_timeout;
const Input kMalformed = &Connection::on_malformed;

// Sends what is to be sent.
const Input kSend = [](Connection& connection) -> Actions {
    while (connection.has_control()) static_cast<void>(connection.take_control());
    while (connection.has_credit_packet(false)) {
        static_cast<void>(connection.take_credit_packet());
    }
    return {};
};

std::string control_packets(Connection& connection) {
    std::string text;
    while (connection.has_control()) {
        const Header header = connection.take_control();
        text += concat(static_cast<int>(header.operation), "/", header.flags, " ");
    }
    return text;
}

struct Row {
    const char* name;
    bool host_opens;
    std::vector<Input> before;
    Input input;
    Actions actions;
    State state;
    std::string control = "";  // operation/flags of what is sent next
};

constexpr Actions kViolation{
    .discard = true, .close_host = true, .reset_guest = true, .remove = true};

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

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        INFO(row.name);
        const Header request = from_guest(Operation::Request);
        Connection connection = row.host_opens ? Connection::request(kPorts, kBuffer)
                                               : Connection::accept(kPorts, kBuffer, request);
        for (const Input& input : row.before) static_cast<void>(input(connection));
        CHECK(row.input(connection) == row.actions);
        CHECK(connection.state() == row.state);
        CHECK(control_packets(connection) == row.control);
    }
}

TEST_CASE("opening a connection") {
    check(opening());
}

TEST_CASE("data of the guest") {
    check(data());
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

Connection established() {
    auto connection = Connection::accept(kPorts, kBuffer, from_guest(Operation::Request));
    static_cast<void>(kSend(connection));
    return connection;
}

TEST_CASE("packets carry the addresses and our credit") {
    auto connection = Connection::accept(kPorts, kBuffer, from_guest(Operation::Request));
    CHECK(connection.take_control() == Header{.source_cid = 2,
                                              .destination_cid = 3,
                                              .source_port = kPorts.host,
                                              .destination_port = kPorts.guest,
                                              .operation = Operation::Response,
                                              .buffer_allocation = kBuffer});
    static_cast<void>(connection.on_packet(from_guest(Operation::Data, 0, 300)));
    static_cast<void>(connection.on_forwarded(200));
    CHECK(connection.take_data_packet(1).forward_count == 200);
}

TEST_CASE("the host's first packet is a Request, and the guest's is answered first") {
    auto ours = Connection::request(kPorts, kBuffer);
    CHECK(ours.take_control().operation == Operation::Request);
    auto theirs = Connection::accept(kPorts, kBuffer, from_guest(Operation::Request));
    static_cast<void>(theirs.on_host_closed());
    CHECK(theirs.take_control().operation == Operation::Response);
    CHECK(theirs.take_control().operation == Operation::Shutdown);
}

TEST_CASE("data waits for the handshake, for credit and for an open direction") {
    auto connection = Connection::accept(kPorts, kBuffer, from_guest(Operation::Request));
    CHECK_FALSE(connection.may_send());
    static_cast<void>(connection.take_control());
    CHECK(connection.sendable_bytes() == kGuestBuffer);
    static_cast<void>(connection.take_data_packet(kGuestBuffer));
    CHECK_FALSE(connection.may_send());
    CHECK(connection.reads_host());

    Header update = from_guest(Operation::CreditUpdate);
    update.forward_count = 96;
    static_cast<void>(connection.on_packet(update));
    CHECK(connection.sendable_bytes() == 96);
    static_cast<void>(connection.on_packet(from_guest(Operation::Shutdown, kShutdownReceive)));
    CHECK_FALSE(connection.may_send());
    CHECK_FALSE(connection.reads_host());
}

TEST_CASE("a CreditRequest is answered once, in every state that is not closed") {
    auto connection = established();
    static_cast<void>(connection.on_packet(from_guest(Operation::CreditRequest)));
    REQUIRE(connection.has_credit_packet(false));
    CHECK(connection.take_credit_packet().operation == Operation::CreditUpdate);
    CHECK_FALSE(connection.has_credit_packet(false));

    static_cast<void>(connection.on_host_closed());
    static_cast<void>(connection.on_packet(from_guest(Operation::CreditRequest)));
    CHECK(connection.has_credit_packet(false));
}

TEST_CASE("the guest is told when half of its credit is used") {
    auto connection = established();
    static_cast<void>(connection.on_packet(from_guest(Operation::Data, 0, 499)));
    static_cast<void>(connection.on_forwarded(499));
    CHECK_FALSE(connection.has_credit_packet(false));
    static_cast<void>(connection.on_packet(from_guest(Operation::Data, 0, 1)));
    REQUIRE(connection.has_credit_packet(false));
    const Header update = connection.take_credit_packet();
    CHECK(update.operation == Operation::CreditUpdate);
    CHECK(update.forward_count == 499);
    CHECK_FALSE(connection.has_credit_packet(false));
}

TEST_CASE("a guest that sends no more is not told") {
    auto connection = established();
    static_cast<void>(connection.on_packet(from_guest(Operation::Data, 0, 1000)));
    static_cast<void>(connection.on_packet(from_guest(Operation::Shutdown, kShutdownSend)));
    static_cast<void>(connection.on_forwarded(1000));
    CHECK_FALSE(connection.has_credit_packet(false));
}

TEST_CASE("credit is asked for once for each time that data has to wait") {
    auto connection = established();
    static_cast<void>(connection.take_data_packet(kGuestBuffer));
    CHECK_FALSE(connection.has_credit_packet(false));
    REQUIRE(connection.has_credit_packet(true));
    CHECK(connection.take_credit_packet().operation == Operation::CreditRequest);
    CHECK_FALSE(connection.has_credit_packet(true));

    // An answer without news does not make us ask again.
    static_cast<void>(connection.on_packet(from_guest(Operation::CreditUpdate)));
    CHECK_FALSE(connection.has_credit_packet(true));

    Header update = from_guest(Operation::CreditUpdate);
    update.forward_count = 10;
    static_cast<void>(connection.on_packet(update));
    static_cast<void>(connection.take_data_packet(10));
    CHECK(connection.has_credit_packet(true));
}

}  // namespace

}  // namespace bulkhead::vsock
