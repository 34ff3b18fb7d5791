#include "tests/guest/hostile/vsock.h"

namespace hostile {

namespace {

constexpr std::uint32_t kReceiveQueue = 0;
constexpr std::uint32_t kTransmitQueue = 1;
constexpr std::uint32_t kEventQueue = 2;

// In scratch memory: a page for each receive buffer, a header for each packet, and bytes to send.
constexpr std::uint64_t kBuffers = kScratch;
constexpr std::uint64_t kHeaders = kScratch + (1 << 20);
constexpr std::uint64_t kPayload = kScratch + (2 << 20);

// Of a stream that no act has.
constexpr std::uint32_t kMarkerPort = 0xffff'fff0;

Queue make_receive_queue(const Device& device) {
    device.negotiate(kVersion1 | kIndirectFeature);
    return {device, kReceiveQueue};
}

void write_header(std::uint64_t address, const Packet& packet) {
    store(address, packet.source_cid);
    store(address + 8, packet.destination_cid);
    store(address + 16, packet.source_port);
    store(address + 20, packet.destination_port);
    store(address + 24, packet.length);
    store(address + 28, packet.type);
    store(address + 30, packet.operation);
    store(address + 32, packet.flags);
    store(address + 36, packet.buffer_allocation);
    store(address + 40, packet.forward_count);
}

Packet read_header(std::uint64_t address) {
    return {.source_cid = load<std::uint64_t>(address),
            .destination_cid = load<std::uint64_t>(address + 8),
            .source_port = load<std::uint32_t>(address + 16),
            .destination_port = load<std::uint32_t>(address + 20),
            .length = load<std::uint32_t>(address + 24),
            .type = load<std::uint16_t>(address + 28),
            .operation = load<std::uint16_t>(address + 30),
            .flags = load<std::uint32_t>(address + 32),
            .buffer_allocation = load<std::uint32_t>(address + 36),
            .forward_count = load<std::uint32_t>(address + 40)};
}

}  // namespace

VsockDriver::VsockDriver(const Device& device, std::uint16_t buffers, std::uint32_t buffer_bytes)
    : device_(device),
      buffer_bytes_(buffer_bytes),
      receive_(make_receive_queue(device)),
      transmit_(device, kTransmitQueue) {
    static_cast<void>(Queue(device, kEventQueue));
    for (std::uint16_t slot = 0; slot < buffers; ++slot) give_buffer(slot);
    device_.start();
}

void VsockDriver::give_buffer(std::uint16_t slot) {
    receive_.put(slot, {kBuffers + 4096ULL * slot, buffer_bytes_, kWrite, 0});
    receive_.offer(slot);
}

void VsockDriver::post(const Packet& packet, std::uint32_t payload) {
    const auto slot = static_cast<std::uint16_t>(posted_++ * 2 % Queue::kSize);
    const std::uint64_t header = kHeaders + 64ULL * slot;
    write_header(header, packet);
    const auto next = static_cast<std::uint16_t>(slot + 1);
    transmit_.put(slot, {header, kPacketBytes, payload > 0 ? kNext : std::uint16_t{0}, next});
    transmit_.put(next, {kPayload, payload, 0, 0});
    transmit_.offer(slot);
    // Half of the descriptors at a time.
    if (posted_ % (Queue::kSize / 2) == 0) static_cast<void>(settle());
}

bool VsockDriver::settle() {
    transmit_.kick();
    return transmit_.answered();
}

bool VsockDriver::send(const Packet& packet, std::uint32_t payload) {
    post(packet, payload);
    return settle();
}

bool VsockDriver::receive(Packet& packet) {
    for (unsigned look = 0; look < kPatience && !has_packet(); ++look) linger(1);
    if (!has_packet()) return false;
    const auto slot = static_cast<std::uint16_t>(
        load<std::uint32_t>(receive_.rings().used + 4 + 8 * (taken_ % Queue::kSize)));
    packet = read_header(kBuffers + 4096ULL * slot);
    ++taken_;
    give_buffer(slot);
    device_.notify(kReceiveQueue);
    return true;
}

const char* VsockDriver::answer_to(const Packet& packet, std::uint32_t payload) {
    // Packets are answered in turn, and this one with a Reset.
    const Packet marker{
        .source_port = kMarkerPort, .destination_port = kMarkerPort, .operation = kData};
    if (!send(packet, payload) || !send(marker)) return "needs reset";
    const char* answer = "nothing";
    Packet received;
    while (receive(received)) {
        if (received.destination_port == kMarkerPort) return answer;
        if (received.destination_port != packet.source_port || same_word("Reset", answer)) continue;
        if (received.operation == kReset) {
            answer = "Reset";
        } else {
            answer = received.operation == kResponse ? "Response" : "another packet";
        }
    }
    return "BROKEN: not answered";
}

bool VsockDriver::works() {
    const Packet request{.source_port = 77, .destination_port = 77, .operation = kRequest};
    Packet answer;
    if (!send(request) || !receive(answer) || answer.operation != kResponse) return false;
    return send({.source_port = 77, .destination_port = 77, .operation = kReset});
}

}  // namespace hostile
