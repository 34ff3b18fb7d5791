// ControlChannel: the socket to the host, without ever blocking on it. What the host does not read
// is queued up to a bound.
//
// Thread: loop (send() also before the loop runs).
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/event_loop.h"
#include "base/packet_channel.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::control {

class ControlChannel {
  public:
    // Beside what the kernel's socket buffer holds.
    static constexpr std::size_t kMaxQueued = 64;
    // Of those, what the guest causes, as fast as it likes: the rest is for answers to the host.
    static constexpr std::size_t kMaxQueuedForGuest = 48;

    struct Handlers {
        std::function<void(Packet)> on_packet;
        // The host closed its end, or the socket failed. Nothing is received or sent any more.
        std::function<void()> on_closed;
    };

    // Makes the socket non-blocking. The loop must outlive the channel.
    static Result<std::unique_ptr<ControlChannel>> create(EventLoop& loop, PacketChannel channel);

    ControlChannel(const ControlChannel&) = delete;
    ControlChannel& operator=(const ControlChannel&) = delete;
    ~ControlChannel() = default;

    // Starts receiving.
    void listen(Handlers handlers);

    // Sends, or queues, one packet. False when the queue is full or the host has gone.
    bool send(std::vector<std::byte> bytes);
    // The same for a packet that the guest causes, with a descriptor.
    bool send_for_guest(std::vector<std::byte> bytes, UniqueFd descriptor);

    // Sends `bytes` as the last packet, in place of what is still queued, and stops receiving.
    // Calls `on_done` once, when it has been sent or cannot be sent any more.
    void finish(std::vector<std::byte> bytes, std::function<void()> on_done);

  private:
    struct Outgoing {
        std::vector<std::byte> bytes;
        UniqueFd descriptor;
    };

    ControlChannel(EventLoop& loop, PacketChannel channel, UniqueFd write_end)
        : loop_(loop), channel_(std::move(channel)), write_end_(std::move(write_end)) {}

    void receive();
    bool queue(Outgoing packet, std::size_t limit);
    void send_queued();
    void close();

    EventLoop& loop_;
    PacketChannel channel_;
    UniqueFd write_end_;  // the same socket: the loop watches one interest for each descriptor
    Handlers handlers_;
    bool closed_ = false;
    std::deque<Outgoing> queue_;
    std::function<void()> on_done_;
    EventLoop::Handle readable_;
    EventLoop::Handle writable_;
};

}  // namespace bulkhead::control
