// Streams that lie: addresses, lengths, credit, and far too many of everything.
#include "tests/guest/hostile/act.h"
#include "tests/guest/hostile/vsock.h"

namespace hostile {

namespace {

constexpr std::uint32_t kPort = 5000;
// What one stream may have under way (vmm/vsock/muxer.h), and more streams than there may be.
constexpr std::uint32_t kCredit = 256 * 1024;
constexpr std::uint32_t kTooManyStreams = 2200;

Packet packet(std::uint16_t operation, std::uint32_t port = kPort) {
    return {.source_port = port, .destination_port = port, .operation = operation};
}

// What the device says to this packet, without and then within a stream.
void alone(const Packet& sent, std::uint32_t payload = 0) {
    VsockDriver driver(find_device(kVsock));
    print_outcome(driver.answer_to(sent, payload));
}

void in_stream(const Packet& sent, std::uint32_t payload = 0) {
    VsockDriver driver(find_device(kVsock));
    if (!same_word(driver.answer_to(packet(kRequest)), "Response"))
        return print_outcome("BROKEN: no stream");
    print_outcome(driver.answer_to(sent, payload));
}

void wrong_addresses(std::uint64_t /*seed*/) {
    Packet sent = packet(kRequest);
    sent.destination_cid = 0xffff'ffff'ffff'ffff;
    alone(sent);
}

void wrong_sender(std::uint64_t /*seed*/) {
    Packet sent = packet(kRequest);
    sent.source_cid = 2;
    alone(sent);
}

void wrong_type(std::uint64_t /*seed*/) {
    Packet sent = packet(kRequest);
    sent.type = 2;
    alone(sent);
}

void longer_than_its_buffer(std::uint64_t /*seed*/) {
    Packet sent = packet(kData);
    sent.length = 0xffff'ffff;
    in_stream(sent, 512);
}

void more_than_its_credit(std::uint64_t /*seed*/) {
    Packet sent = packet(kData);
    sent.length = kCredit + 1;
    in_stream(sent, kCredit + 1);
}

void half_a_header(std::uint64_t /*seed*/) {
    VsockDriver driver(find_device(kVsock));
    Queue& queue = driver.transmit_queue();
    for (std::uint16_t length = 0; length < kPacketBytes; ++length) {
        queue.put(0, {scratch(0), length, 0, 0});
        queue.offer(0);
        if (!driver.settle()) return print_outcome("BROKEN: not answered");
    }
    print_outcome(same_word(driver.answer_to(packet(kRequest)), "Response")
                      ? "ignored"
                      : "BROKEN: no stream afterwards");
}

// Every operation that there is not, one after the other: each resets the stream that it comes in.
void unknown_operations(std::uint64_t /*seed*/) {
    VsockDriver driver(find_device(kVsock));
    const std::uint16_t operations[] = {0, 8, 9, 0x7fff, 0xffff};
    bool all = true;
    for (const std::uint16_t operation : operations) {
        all = all && same_word(driver.answer_to(packet(kRequest)), "Response");
        all = all && same_word(driver.answer_to(packet(operation)), "Reset");
    }
    print_outcome(all ? "Reset" : "BROKEN: not reset");
}

// Tells in turn that the guest has room for nothing, for everything, and less than is under way.
// The harness writes into the stream all the while.
void credit_that_lies(std::uint64_t seed) {
    Random random(seed);
    VsockDriver driver(find_device(kVsock));
    driver.post(packet(kRequest));
    for (unsigned round = 0; round < 400; ++round) {
        Packet sent = packet(round % 3 == 0 ? kCreditRequest : kCreditUpdate);
        sent.buffer_allocation = static_cast<std::uint32_t>(random.nasty());
        sent.forward_count = static_cast<std::uint32_t>(random.nasty());
        if (!driver.send(sent)) return print_outcome("BROKEN: needs reset");
        Packet received;
        while (driver.has_packet()) static_cast<void>(driver.receive(received));
    }
    print_outcome(verdict_of_any(driver.device()));
}

// Each answered with a Response or a Reset before the next one goes out.
void connect_flood(std::uint64_t /*seed*/) {
    VsockDriver driver(find_device(kVsock));
    std::uint32_t opened = 0;
    std::uint32_t refused = 0;
    for (std::uint32_t port = 1; port <= kTooManyStreams; ++port) {
        driver.post(packet(kRequest, port));
        if (!driver.settle()) return print_outcome("BROKEN: needs reset");
        Packet received;
        if (!driver.receive(received)) return print_outcome("BROKEN: not answered");
        ++(received.operation == kResponse ? opened : refused);
    }
    print("outcome: ");
    print_number(opened);
    print(" opened, ");
    print_number(refused);
    print(" refused\n");
}

// As fast as the queue goes, without a look at the answers, and with no buffer for them.
void blind_flood(std::uint16_t operation, std::uint32_t packets) {
    VsockDriver driver(find_device(kVsock), 0);
    for (std::uint32_t port = 1; port <= packets; ++port) {
        driver.post(packet(operation, port));
        if (operation == kRequest) driver.post(packet(kReset, port));
    }
    static_cast<void>(driver.settle());
    print_outcome(verdict_of_any(driver.device()));
}

// Every stream filled to its credit, which the harness does not read.
void streams_that_nobody_reads(std::uint64_t /*seed*/) {
    VsockDriver driver(find_device(kVsock));
    std::uint32_t streams = 0;
    for (std::uint32_t port = 1; port <= kTooManyStreams; ++port) {
        if (!same_word(driver.answer_to(packet(kRequest, port)), "Response")) break;
        ++streams;
        Packet sent = packet(kData, port);
        sent.length = kCredit;
        // Later streams have less credit, and are reset by so much.
        driver.post(sent, sent.length);
        sent.length = kCredit / 16;
        for (unsigned i = 0; i < 16; ++i) driver.post(sent, sent.length);
    }
    print_outcome(streams > 0 ? verdict_of_any(driver.device()) : "BROKEN: no stream");
}

void small_buffers(std::uint64_t /*seed*/) {
    VsockDriver driver(find_device(kVsock), Queue::kSize, kPacketBytes);
    driver.post(packet(kRequest));
    static_cast<void>(driver.settle());
    linger(500);
    print_outcome(verdict_of_any(driver.device()));
}

void shutdown_of_everything(std::uint64_t /*seed*/) {
    Packet sent = packet(kShutdown);
    sent.flags = 0xffff'ffff;
    in_stream(sent);
}

constexpr Act kActs[] = {
    {"packet-to-nobody", wrong_addresses},
    {"packet-from-the-host", wrong_sender},
    {"packet-of-unknown-type", wrong_type},
    {"packet-of-half-a-header", half_a_header},
    {"packets-of-unknown-operations", unknown_operations},
    {"response-to-nothing", [](std::uint64_t) { alone(packet(kResponse)); }},
    {"response-in-a-stream", [](std::uint64_t) { in_stream(packet(kResponse)); }},
    {"reset-of-nothing", [](std::uint64_t) { alone(packet(kReset)); }},
    {"data-without-a-stream", [](std::uint64_t) { alone(packet(kData)); }},
    {"request-in-a-stream", [](std::uint64_t) { in_stream(packet(kRequest)); }},
    {"shutdown-of-everything", shutdown_of_everything},
    {"data-longer-than-its-buffer", longer_than_its_buffer},
    {"data-beyond-its-credit", more_than_its_credit},
    {"credit-that-lies", credit_that_lies},
    {"buffers-for-headers-only", small_buffers},
    {"connect-flood", connect_flood},
    {"connect-and-reset-flood", [](std::uint64_t) { blind_flood(kRequest, 1500); }},
    {"reset-flood", [](std::uint64_t) { blind_flood(kReset, 3000); }},
    {"data-flood-without-a-stream", [](std::uint64_t) { blind_flood(kData, 3000); }},
    {"credit-request-flood", [](std::uint64_t) { blind_flood(kCreditRequest, 3000); }},
    {"streams-that-nobody-reads", streams_that_nobody_reads},
};

}  // namespace

std::span<const Act> vsock_acts() {
    return kActs;
}

}  // namespace hostile
