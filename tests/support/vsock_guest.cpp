#include "tests/support/vsock_guest.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"
#include "base/text.h"

namespace bulkhead::test {

using vsock::Header;
using vsock::Operation;

namespace {

constexpr std::size_t kReceiveSlots = 256;
constexpr std::size_t kTransmitSlots = 24;
constexpr std::uint32_t kTransmitSlot = vsock::kMaxPayload + vsock::kHeaderSize + 64;

std::string text_of(const Header& header) {
    switch (header.operation) {
        case Operation::Request:
            return "Request";
        case Operation::Response:
            return "Response";
        case Operation::Reset:
            return "Reset";
        case Operation::Shutdown:
            return concat("Shutdown ", header.flags);
        case Operation::Data:
            return concat("Data ", header.length);
        case Operation::CreditUpdate:
            return "CreditUpdate";
        case Operation::CreditRequest:
            return "CreditRequest";
    }
    return "unknown";
}

}  // namespace

VsockGuest::VsockGuest(std::size_t receive_buffers, std::uint64_t declined_features,
                       vsock::Timeouts timeouts, std::uint64_t connects)
    : device(loop, host, timeouts, connects), declined_features_(declined_features) {
    for (std::size_t slot = 0; slot < kReceiveSlots; ++slot) {
        free_receive_.push_back(driver.arena().allocate(4096));
    }
    for (std::size_t slot = 0; slot < kTransmitSlots; ++slot) {
        transmit_.push_back(driver.arena().allocate(kTransmitSlot));
    }
    restart(receive_buffers);
}

void VsockGuest::restart(std::size_t receive_buffers) {
    for (const auto& [head, slot] : offered_) free_receive_.push_back(slot.address);
    offered_.clear();
    driver.activate(device, declined_features_);
    offer(receive_buffers);
}

VsockGuest::~VsockGuest() {
    driver.reset();
}

void VsockGuest::offer(std::size_t count, std::uint32_t bytes) {
    for (; count > 0; --count) {
        BULKHEAD_CHECK(!free_receive_.empty());
        const auto address = free_receive_.back();
        free_receive_.pop_back();
        const auto chain = driver.queue(0)
                               .chain()
                               .buffer({.address = address, .length = bytes, .writable = true})
                               .submit();
        offered_[chain.head] = {.address = address, .bytes = bytes};
    }
    driver.kick(0);
    settle();
}

Header VsockGuest::header(std::uint32_t host_port, std::uint32_t guest_port, Operation operation,
                          std::uint32_t length) {
    return {.source_cid = protocol::kGuestCid,
            .destination_cid = protocol::kHostCid,
            .source_port = guest_port,
            .destination_port = host_port,
            .length = length,
            .operation = operation,
            .buffer_allocation = kBufferAllocation};
}

void VsockGuest::submit(const Header& header, std::span<const std::byte> payload,
                        std::vector<std::uint32_t> cuts) {
    while (driver.queue(1).used()) {
    }
    const auto start = transmit_[next_transmit_++ % kTransmitSlots];
    const auto bytes = vsock::print_header(header);
    BULKHEAD_CHECK(driver.memory().write_bytes(start, bytes));
    const memory::GuestAddress after{memory::raw(start) + bytes.size()};
    BULKHEAD_CHECK(payload.empty() || driver.memory().write_bytes(after, payload));

    auto chain = driver.queue(1).chain();
    const auto total = static_cast<std::uint32_t>(bytes.size() + payload.size());
    std::uint32_t at = 0;
    cuts.push_back(total);
    for (const std::uint32_t cut : cuts) {
        const std::uint32_t length = std::min(cut, total - at);
        if (length == 0) continue;
        chain.buffer({.address = memory::GuestAddress{memory::raw(start) + at}, .length = length});
        at += length;
    }
    static_cast<void>(chain.submit());
}

void VsockGuest::send(const Header& header, std::span<const std::byte> payload) {
    submit(header, payload);
    kick_transmit();
}

void VsockGuest::kick_transmit() {
    driver.kick(1);
    settle();
}

void VsockGuest::settle() {
    while (loop.poll() > 0) {
    }
}

void VsockGuest::collect() {
    std::size_t taken = 0;
    while (const auto used = driver.queue(0).used()) {
        const Slot slot = offered_.at(used->head);
        offered_.erase(used->head);
        free_receive_.push_back(slot.address);
        ++taken;
        if (used->length == 0) continue;
        BULKHEAD_CHECK(used->length >= vsock::kHeaderSize && used->length <= slot.bytes);
        const auto bytes = driver.arena().bytes(slot.address, used->length);
        vsock::HeaderBytes header;
        std::copy_n(bytes.begin(), header.size(), header.begin());
        arrived_.push_back(
            {vsock::parse_header(header), {bytes.begin() + vsock::kHeaderSize, bytes.end()}});
        BULKHEAD_CHECK(arrived_.back().payload.size() == arrived_.back().header.length);
    }
    if (refill && taken > 0) offer(taken);
}

std::vector<GuestPacket> VsockGuest::receive() {
    settle();
    std::size_t before = 0;
    do {
        before = arrived_.size();
        collect();
    } while (arrived_.size() != before);
    return std::exchange(arrived_, {});
}

GuestPacket VsockGuest::receive_one() {
    if (arrived_.empty()) arrived_ = receive();
    BULKHEAD_CHECK(!arrived_.empty());
    GuestPacket first = std::move(arrived_.front());
    arrived_.erase(arrived_.begin());
    return first;
}

std::vector<std::string> VsockGuest::receive_text() {
    std::vector<std::string> texts;
    for (const GuestPacket& packet : receive()) texts.push_back(text_of(packet.header));
    return texts;
}

UniqueFd VsockGuest::connect(std::uint32_t host_port, std::uint32_t guest_port,
                             std::uint32_t buffer_allocation) {
    Header request = header(host_port, guest_port, Operation::Request);
    request.buffer_allocation = buffer_allocation;
    send(request);
    BULKHEAD_CHECK(receive_one().header.operation == Operation::Response);
    BULKHEAD_CHECK(host.opened.back().first == host_port);
    UniqueFd socket = std::move(host.opened.back().second);
    host.opened.pop_back();
    return socket;
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

std::string read_available(int socket) {
    std::string text;
    std::array<char, 65536> buffer{};
    while (true) {
        const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

bool at_end(int socket) {
    char byte = 0;
    const ssize_t count = ::recv(socket, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    return count == 0 || (count < 0 && errno != EAGAIN);
}

}  // namespace bulkhead::test
