// A packet of the control socket from a fuzzer's bytes. Thread: any.
#pragma once

#include <sys/eventfd.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/packet_channel.h"

namespace bulkhead::test {

// The first byte says how many descriptors come with the rest, fewer than `bound`. `size` is not 0.
inline Packet control_packet(const std::uint8_t* data, std::size_t size, int bound) {
    Packet packet;
    const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
    packet.bytes.assign(bytes.begin(), bytes.end());
    for (int i = 0; i < data[0] % bound; ++i)
        packet.descriptors.emplace_back(::eventfd(0, EFD_CLOEXEC));
    return packet;
}

}  // namespace bulkhead::test
