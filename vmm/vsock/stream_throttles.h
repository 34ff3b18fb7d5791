// StreamThrottles: how much the streams of a machine may move in a second, in each direction.
// docs/vsock.md, Rates.
//
// Bytes are counted where a socket is read or written, so a stream that has to wait holds up no
// other one, and credit tells the guest by itself. Packets and connects of the guest are counted
// where they are taken from its queue, which stands still meanwhile. Thread: loop.
#pragma once

#include <cstdint>

#include "proto/ports.h"
#include "vmm/limit/throttle.h"

namespace bulkhead::vsock {

struct StreamThrottles {
    // A guest's, in a second, always: each costs the host a socket pair and a message.
    static constexpr std::uint64_t kConnects = 1000;
    // What the agent's control stream may move when there is a limit of bytes, so that a limited
    // container still does what it is told. A limit of its own, as a guest's kernel could send
    // anything there.
    static constexpr std::uint64_t kControlBytes = 1 << 20;

    struct Direction {
        explicit Direction(EventLoop& loop) : streams(loop), control(loop) {}

        void set(const limit::RateLimit& limit) {
            streams.set_limit(limit);
            control.set_limit({.bytes = limit.bytes == 0 ? 0 : kControlBytes, .operations = 0});
        }

        // For the streams to this port of the host.
        limit::Throttle& of(std::uint32_t host_port) {
            return host_port == protocol::kAgentPort ? control : streams;
        }

        limit::Throttle streams;
        limit::Throttle control;
    };

    StreamThrottles(EventLoop& loop, std::uint64_t connects)
        : to_guest(loop), to_host(loop), guest_packets(loop), guest_connects(loop) {
        guest_connects.set_limit({.bytes = 0, .operations = connects});
    }

    // Each direction's by itself.
    void set(const limit::RateLimit& limit) {
        to_guest.set(limit);
        to_host.set({.bytes = limit.bytes, .operations = 0});
        guest_packets.set_limit({.bytes = 0, .operations = limit.operations});
    }

    [[nodiscard]] limit::RateLimit limit() const { return to_guest.streams.limit(); }

    Direction to_guest;
    Direction to_host;
    limit::Throttle guest_packets;
    limit::Throttle guest_connects;
};

}  // namespace bulkhead::vsock
