// Connection: one stream between a host port and a guest port, as a state machine without
// descriptors, memory or a clock: (state, input) -> actions. virtio 1.2 §5.10.6.
//
//   guest Request, host accepts      host opens
//            |                           |
//            |                       Requested --- timeout, guest Reset ---> Closed
//            |                           | guest Response
//            +------> Established <------+
//                       |      |
//    host is done with  |      |  guest Reset; guest has shut both ways down (answered by Reset);
//    both directions    |      |  guest broke the protocol (answered by Reset)
//      (Shutdown sent)  v      v
//                  Closing --> Closed
//                      guest Reset or timeout
//
// A direction may end before the other. Guest to host: guest Shutdown(send) shows the host
// end-of-file, a host that stops reading becomes Shutdown(receive). Host to guest: end-of-file
// becomes Shutdown(send), guest Shutdown(receive) fails the host's writes.
//
// Thread: loop.
#pragma once

#include <cstdint>

#include "vmm/vsock/credit.h"
#include "vmm/vsock/packet.h"

namespace bulkhead::vsock {

struct PortPair {
    std::uint32_t host = 0;
    std::uint32_t guest = 0;

    friend auto operator<=>(const PortPair&, const PortPair&) = default;
};

// What the owner must do, in this order.
struct Actions {
    bool deliver = false;           // the payload is the host's
    bool discard = false;           // drop what is not written to the host yet
    bool end_host_input = false;    // when all is written, show the host end-of-file
    bool stop_host_output = false;  // fail the host's writes, forget what it wrote
    bool close_host = false;        // when all is written, close the descriptor
    bool start_timer = false;       // call on_timeout() unless something ends the wait
    bool reset_guest = false;       // send Reset
    bool remove = false;            // the pair of ports is free again

    friend bool operator==(const Actions&, const Actions&) = default;
};

class Connection {
  public:
    enum class State { Requested, Established, Closing, Closed };

    // The guest's Request, which the host has accepted. `buffer` bounds what is held for the host.
    static Connection accept(PortPair ports, std::uint32_t buffer, const Header& request);
    // The host's wish; needs on_timeout() if the guest does not answer.
    static Connection request(PortPair ports, std::uint32_t buffer);

    // Inputs.
    Actions on_packet(const Header& header);  // from the guest, except Request
    Actions on_malformed();                   // a packet whose payload is not all there
    Actions on_forwarded(std::uint32_t bytes);
    Actions on_host_end_of_file();
    Actions on_host_stopped_reading();
    Actions on_host_closed();  // both of the above
    Actions on_timeout();

    // The next control packet, if there is one to send before any data.
    [[nodiscard]] bool has_control() const;
    Header take_control();

    // For Actions::reset_guest.
    Header reset_packet();

    // The next packet about credit, to send when no data is sent (data carries the same news).
    // `data_waits`: the host has data.
    [[nodiscard]] bool has_credit_packet(bool data_waits) const;
    Header take_credit_packet();

    // How much data, in how many packets, may be sent now.
    [[nodiscard]] std::uint32_t sendable_bytes() const;

    [[nodiscard]] std::uint32_t sendable_packets() const { return send_.packets(); }

    Header take_data_packet(std::uint32_t bytes);

    [[nodiscard]] bool may_send() const { return sendable_bytes() > 0 && send_.packets() > 0; }

    // Whether bytes of the host have somewhere to go, now or when there is credit.
    [[nodiscard]] bool reads_host() const {
        return state_ == State::Established && host_to_guest_open();
    }

    [[nodiscard]] State state() const { return state_; }

    [[nodiscard]] PortPair ports() const { return ports_; }

    [[nodiscard]] std::uint32_t buffer() const { return buffer_; }

  private:
    Connection(PortPair ports, std::uint32_t buffer, State state);

    Actions on_response();
    Actions on_shutdown(std::uint32_t flags);
    Actions on_data(std::uint32_t bytes);
    Actions on_host_gone(std::uint32_t flags);
    // Shuts `flags` down from our side.
    void shut(std::uint32_t flags);
    // Goes to Closing once both directions have ended and everything was forwarded.
    Actions settle();
    [[nodiscard]] bool host_to_guest_open() const;
    Actions violation();
    Header make_packet(Operation operation, std::uint32_t length = 0);

    PortPair ports_;
    std::uint32_t buffer_;
    State state_;
    SendCredit send_;
    ReceiveCredit receive_;
    std::uint32_t guest_shutdown_ = 0;  // what the guest has shut down
    std::uint32_t host_shutdown_ = 0;   // what we have
    bool handshake_pending_ = true;     // Request or Response is not sent yet
    bool shutdown_pending_ = false;     // host_shutdown_ has news
    bool credit_asked_ = false;         // the guest wants an update
    bool credit_request_sent_ = false;  // we wait for one
};

}  // namespace bulkhead::vsock
