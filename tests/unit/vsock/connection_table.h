// Connection is tested as a table: what came before, one input, and the actions, state and packets
// that follow.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/text.h"
#include "vmm/vsock/connection.h"

namespace bulkhead::vsock::test {

using State = Connection::State;
using Input = std::function<Actions(Connection&)>;

inline constexpr PortPair kPorts{.host = 1024, .guest = 5000};
inline constexpr std::uint32_t kBuffer = 1000;
inline constexpr std::uint32_t kGuestBuffer = 4096;

inline Header from_guest(Operation operation, std::uint32_t flags = 0, std::uint32_t length = 0) {
    return {.source_cid = 3,
            .destination_cid = 2,
            .source_port = kPorts.guest,
            .destination_port = kPorts.host,
            .length = length,
            .operation = operation,
            .flags = flags,
            .buffer_allocation = kGuestBuffer};
}

inline Input guest(Operation operation, std::uint32_t flags = 0) {
    return
        [=](Connection& connection) { return connection.on_packet(from_guest(operation, flags)); };
}

inline Input guest_data(std::uint32_t length) {
    return [=](Connection& connection) {
        return connection.on_packet(from_guest(Operation::Data, 0, length));
    };
}

inline Input forwarded(std::uint32_t bytes) {
    return [=](Connection& connection) { return connection.on_forwarded(bytes); };
}

inline const Input kEndOfFile = &Connection::on_host_end_of_file;
inline const Input kStoppedReading = &Connection::on_host_stopped_reading;
inline const Input kHostClosed = &Connection::on_host_closed;
inline const Input kTimeout = &Connection::on_timeout;
inline const Input kMalformed = &Connection::on_malformed;

// Sends what is to be sent.
inline const Input kSend = [](Connection& connection) -> Actions {
    while (connection.has_control()) static_cast<void>(connection.take_control());
    while (connection.has_credit_packet(false)) {
        static_cast<void>(connection.take_credit_packet());
    }
    return {};
};

inline std::string control_packets(Connection& connection) {
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

inline constexpr Actions kViolation{
    .discard = true, .close_host = true, .reset_guest = true, .remove = true};

inline void check(const std::vector<Row>& rows) {
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

}  // namespace bulkhead::vsock::test
