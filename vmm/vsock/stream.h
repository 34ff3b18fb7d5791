// Stream: a Connection with its host socket. Moves bytes between guest memory and the socket, and
// keeps what the socket does not take yet.
//
// To the guest, data is read from the socket straight into the guest's buffers, so none is held
// here. To the host, a packet goes to the socket at once if it can; a remainder is held, bounded by
// the credit that the guest was given. The socket is never waited on while its data has nowhere to
// go, or while a direction has moved as much as it may. Thread: loop.
#pragma once

#include <span>
#include <vector>

#include "base/event_loop.h"
#include "base/unique_fd.h"
#include "vmm/vsock/byte_ring.h"
#include "vmm/vsock/connection.h"
#include "vmm/vsock/rx_ring.h"
#include "vmm/vsock/stream_throttles.h"

namespace bulkhead::vsock {

class Stream {
  public:
    // The packets of one turn at the receive ring: 64 KiB in Linux's receive buffers, which have
    // room for 3732 bytes of payload each.
    static constexpr std::size_t kTurnPackets = 18;

    struct Turn {
        bool starved = false;  // no receive buffer; nothing was done
        Actions actions;
    };

    // The throttles must outlive it.
    Stream(Connection connection, UniqueFd socket, StreamThrottles& throttles);
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream();

    [[nodiscard]] Connection& connection() { return connection_; }

    [[nodiscard]] bool host_open() const { return socket_.valid(); }

    [[nodiscard]] int socket() const { return socket_.get(); }

    void watch_with(EventLoop::Waiter waiter) { waiter_ = std::move(waiter); }

    void start_timer(EventLoop::Handle timer) { timer_ = std::move(timer); }

    // Guest to host: queue() remembers payload in guest memory until flush(), which must come
    // before the packets are given back to the driver.
    void queue(std::span<const memory::GuestSlice> payload);
    Actions flush();
    // The socket takes more.
    Actions on_writable();

    // Host to guest.
    void on_readable() { readable_ = true; }

    [[nodiscard]] bool wants_turn() const;
    Turn take_turn(RxRing& ring);

    // What of `actions` concerns the socket; waits for it again where that is useful.
    void perform(const Actions& actions);

    bool scheduled = false;  // the muxer's: it is in the ready list

  private:
    // The bytes that the socket took of `queued_`; negative when the host does not read any more.
    ssize_t write_queued();
    Actions written(ssize_t count);
    Turn send_data(RxRing& ring);
    void commit(RxRing& ring, std::size_t bytes);
    void forget_host_output();
    void end_when_written();

    // One direction of the stream, as far as its rate is concerned.
    struct Gate {
        limit::Throttle& throttle;
        bool waits = false;  // for the throttle, and then for the socket
    };

    // Waits for the socket, once the rate allows to use it.
    void arm(EventLoop::Interest interest, Gate& gate);

    Connection connection_;
    UniqueFd socket_;
    ByteRing held_;
    std::vector<memory::GuestSlice> queued_;
    bool readable_ = false;  // the socket may have data; it is not waited on
    bool end_host_input_ = false;
    bool close_host_ = false;
    Gate to_guest_;
    Gate to_host_;
    EventLoop::Waiter waiter_;  // after socket_: it goes first
    EventLoop::Handle timer_;
};

}  // namespace bulkhead::vsock
