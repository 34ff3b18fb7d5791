#include "vmm/vsock/connection.h"

#include <utility>

#include "base/check.h"
#include "proto/ports.h"

namespace bulkhead::vsock {

Connection::Connection(PortPair ports, std::uint32_t buffer, State state)
    : ports_(ports), buffer_(buffer), state_(state), receive_(buffer) {}

Connection Connection::accept(PortPair ports, std::uint32_t buffer, const Header& request) {
    Connection connection(ports, buffer, State::Established);
    connection.send_.update(request.buffer_allocation, request.forward_count);
    return connection;
}

Connection Connection::request(PortPair ports, std::uint32_t buffer) {
    return {ports, buffer, State::Requested};
}

Actions Connection::on_packet(const Header& header) {
    BULKHEAD_CHECK(state_ != State::Closed);
    if (header.operation == Operation::Reset) {
        state_ = State::Closed;
        return {.close_host = true, .remove = true};
    }
    send_.update(header.buffer_allocation, header.forward_count);
    if (send_.any()) credit_request_sent_ = false;

    if (header.operation == Operation::Response) return on_response();
    if (state_ == State::Requested) return violation();
    switch (header.operation) {
        case Operation::Shutdown:
            return on_shutdown(header.flags);
        case Operation::Data:
            return on_data(header.length);
        case Operation::CreditUpdate:
            return {};
        case Operation::CreditRequest:
            credit_asked_ = true;
            return {};
        default:
            return violation();
    }
}

Actions Connection::on_malformed() {
    return violation();
}

Actions Connection::on_response() {
    if (state_ != State::Requested || handshake_pending_) return violation();
    state_ = State::Established;
    return {};
}

Actions Connection::on_shutdown(std::uint32_t flags) {
    const std::uint32_t news = flags & kShutdownBoth & ~guest_shutdown_;
    guest_shutdown_ |= news;
    if (guest_shutdown_ == kShutdownBoth) {
        // The guest waits for this Reset to free its port.
        state_ = State::Closed;
        return {.stop_host_output = true, .close_host = true, .reset_guest = true, .remove = true};
    }
    Actions actions = settle();
    actions.end_host_input = (news & kShutdownSend) != 0;
    actions.stop_host_output = (news & kShutdownReceive) != 0;
    return actions;
}

Actions Connection::on_data(std::uint32_t bytes) {
    if ((guest_shutdown_ & kShutdownSend) != 0 || !receive_.receive(bytes)) return violation();
    if ((host_shutdown_ & kShutdownReceive) != 0) {
        // The guest sent it before it could know.
        receive_.forwarded(bytes);
        return {};
    }
    return {.deliver = bytes > 0};
}

Actions Connection::on_forwarded(std::uint32_t bytes) {
    receive_.forwarded(bytes);
    return settle();
}

Actions Connection::on_host_end_of_file() {
    shut(kShutdownSend);
    return settle();
}

Actions Connection::on_host_stopped_reading() {
    return on_host_gone(kShutdownReceive);
}

Actions Connection::on_host_closed() {
    return on_host_gone(kShutdownBoth);
}

Actions Connection::on_host_gone(std::uint32_t flags) {
    receive_.forwarded(receive_.held());
    shut(flags);
    Actions actions = settle();
    actions.discard = true;
    return actions;
}

void Connection::shut(std::uint32_t flags) {
    if (state_ != State::Established || (flags & ~host_shutdown_) == 0) return;
    host_shutdown_ |= flags;
    shutdown_pending_ = true;
}

Actions Connection::settle() {
    const bool input_over = (host_shutdown_ & kShutdownReceive) != 0 ||
                            ((guest_shutdown_ & kShutdownSend) != 0 && receive_.held() == 0);
    if (state_ != State::Established || !input_over || host_to_guest_open()) return {};
    shut(kShutdownBoth);
    state_ = State::Closing;
    return {.close_host = true, .start_timer = true};
}

bool Connection::host_to_guest_open() const {
    return ((guest_shutdown_ & kShutdownReceive) | (host_shutdown_ & kShutdownSend)) == 0;
}

Actions Connection::on_timeout() {
    if (state_ != State::Requested && state_ != State::Closing) return {};
    return violation();
}

Actions Connection::violation() {
    state_ = State::Closed;
    return {.discard = true, .close_host = true, .reset_guest = true, .remove = true};
}

bool Connection::has_control() const {
    return state_ != State::Closed && (handshake_pending_ || shutdown_pending_);
}

Header Connection::take_control() {
    BULKHEAD_CHECK(has_control());
    if (std::exchange(handshake_pending_, false)) {
        return make_packet(state_ == State::Requested ? Operation::Request : Operation::Response);
    }
    shutdown_pending_ = false;
    Header header = make_packet(Operation::Shutdown);
    header.flags = host_shutdown_;
    return header;
}

Header Connection::reset_packet() {
    return make_packet(Operation::Reset);
}

bool Connection::has_credit_packet(bool data_waits) const {
    if (state_ == State::Requested || state_ == State::Closed || handshake_pending_) return false;
    if (credit_asked_) return true;
    if (state_ == State::Closing) return false;
    if ((guest_shutdown_ & kShutdownSend) == 0 && receive_.update_due(send_.peer_buffer())) {
        return true;
    }
    return data_waits && host_to_guest_open() && !send_.any() && !credit_request_sent_;
}

Header Connection::take_credit_packet() {
    if (std::exchange(credit_asked_, false) || receive_.update_due(send_.peer_buffer())) {
        return make_packet(Operation::CreditUpdate);
    }
    credit_request_sent_ = true;
    return make_packet(Operation::CreditRequest);
}

std::uint32_t Connection::sendable_bytes() const {
    if (state_ != State::Established || handshake_pending_ || !host_to_guest_open()) return 0;
    return send_.bytes();
}

Header Connection::take_data_packet(std::uint32_t bytes) {
    BULKHEAD_CHECK(bytes > 0 && bytes <= sendable_bytes());
    send_.sent(bytes);
    return make_packet(Operation::Data, bytes);
}

Header Connection::make_packet(Operation operation, std::uint32_t length) {
    Header header{.source_cid = protocol::kHostCid,
                  .destination_cid = protocol::kGuestCid,
                  .source_port = ports_.host,
                  .destination_port = ports_.guest,
                  .length = length,
                  .operation = operation};
    receive_.tell(header);
    return header;
}

}  // namespace bulkhead::vsock
