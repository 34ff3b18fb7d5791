// What a connection sends: addresses, order and credit.
#include "tests/unit/vsock/connection_table.h"

namespace bulkhead::vsock::test {

namespace {

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

}  // namespace bulkhead::vsock::test
