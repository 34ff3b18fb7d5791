// Muxer: all streams of one guest by their pair of ports, their turns at the receive ring, and the
// Resets for packets that belong to none of them. virtio 1.2 §5.10.6.
//
// Everything that a guest can make grow has a bound: streams, held bytes, queued Resets.
// Thread: loop.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/event_loop.h"
#include "base/log.h"
#include "vmm/vsock/rx_ring.h"
#include "vmm/vsock/stream.h"
#include "vmm/vsock/stream_host.h"

namespace bulkhead::vsock {

// How long a guest may take to answer before its stream is given up.
struct Timeouts {
    std::chrono::milliseconds connect{10'000};  // our Request
    std::chrono::milliseconds close{5'000};     // our full Shutdown
};

class Muxer {
  public:
    // Open, half-open and draining streams. Each is one descriptor, so well below the process's
    // limit of open files: a guest must not use those up.
    static constexpr std::size_t kMaxStreams = 2048;
    // What the guest may have under way to the host in one stream: as much as Linux uses by itself
    // for the first streams, then less, so that all of them together stay bounded (62 MiB).
    static constexpr std::uint32_t kBuffer = 256 * 1024;
    static constexpr std::uint32_t kSmallBuffer = 16 * 1024;
    static constexpr std::size_t kStreamsWithFullBuffer = 128;
    // Resets that wait for a receive buffer; more are dropped, and the guest's own timeouts help
    // it.
    static constexpr std::size_t kMaxResets = 1024;
    // Turns of one pump(); the rest waits until the event loop's other work was done.
    static constexpr int kTurns = 32;
    // Host ports of streams that the host opens; the guest dials ports below.
    static constexpr std::uint32_t kFirstHostPort = 0x8000'0000;

    // `work_waits` is called when pump() has something to do, outside receive() and pump().
    Muxer(EventLoop& loop, StreamHost& host, StreamThrottles& throttles, Timeouts timeouts,
          std::function<void()> work_waits);

    // One packet of the guest. Its payload is only looked at until end_batch(), which must come
    // before the packet is given back to the driver.
    void receive(const Header& header, std::span<const memory::GuestSlice> payload);
    void end_batch();

    // Connects `socket` to the guest's port; closes it when that fails.
    void open_stream(std::uint32_t guest_port, UniqueFd socket);

    // Sends what waits, round robin. True when there is more and the bound was reached; false when
    // nothing waits or no receive buffer is left.
    [[nodiscard]] bool pump(RxRing& ring);

    // Closes every stream.
    void reset();

    [[nodiscard]] std::size_t stream_count() const { return streams_.size() + draining_.size(); }

  private:
    void accept(PortPair ports, const Header& request);
    void refuse(const Header& header);
    void queue_reset(const Header& reset);
    [[nodiscard]] bool full();
    [[nodiscard]] std::uint32_t next_buffer() const;
    Stream& add(Connection connection, UniqueFd socket);
    void on_socket(Stream& stream, EventLoop::Interest interest);
    // Carries actions out; `stream` may be gone afterwards.
    void perform(Stream& stream, const Actions& actions);
    void start_timer(Stream& stream, std::chrono::milliseconds delay);
    void remove(Stream& stream);
    void schedule(Stream& stream);
    void notify();

    EventLoop& loop_;
    StreamHost& host_;
    StreamThrottles& throttles_;
    Timeouts timeouts_;
    std::function<void()> work_waits_;
    std::map<PortPair, std::unique_ptr<Stream>> streams_;
    // Over for the guest, but the host has not taken all yet.
    std::vector<std::unique_ptr<Stream>> draining_;
    std::deque<Stream*> ready_;       // each once, those with Stream::scheduled
    std::vector<Stream*> unflushed_;  // with payload of this batch
    std::deque<Header> resets_;
    std::uint32_t next_host_port_ = kFirstHostPort;
    log::RateLimit log_limit_;
};

}  // namespace bulkhead::vsock
