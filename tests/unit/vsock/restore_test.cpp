// What a driver is told when it goes on in another machine. virtio 1.2 §5.10.6.7.
#include <linux/virtio_vsock.h>

#include <catch2/catch.hpp>

#include "base/wire.h"
#include "tests/support/vsock_guest.h"

namespace bulkhead::vsock {

namespace {

using test::SubmittedChain;
using test::Used;
using test::VsockGuest;
using Own = std::vector<std::uint64_t>;

constexpr std::uint16_t kEvent = 2;

// Puts the guest's driver into the place of one that was saved with `own`.
void go_on_from(VsockGuest& guest, const Own& own) {
    guest.driver.reset();
    REQUIRE(guest.device.restore(own));
    guest.restart();
}

SubmittedChain offer_event(VsockGuest& guest, std::uint32_t bytes = sizeof(virtio_vsock_event)) {
    return guest.driver.queue(kEvent).chain().writable(bytes).submit();
}

std::uint32_t event_in(VsockGuest& guest, const SubmittedChain& chain) {
    const auto bytes = guest.driver.queue(kEvent).written(chain);
    return load_le<std::uint32_t>(std::span(bytes).first<sizeof(std::uint32_t)>());
}

TEST_CASE("a driver with open streams is saved, and told to reset them where it goes on") {
    VsockGuest guest;
    const UniqueFd socket = guest.connect(1024, 5000);
    const auto saved = guest.device.save();
    REQUIRE(saved);
    CHECK(saved->own == Own{1});
    // Saving changes nothing for who is saved.
    CHECK(guest.device.stream_count() == 1);
    CHECK_FALSE(test::at_end(socket.get()));

    go_on_from(guest, saved->own);
    const auto chain = offer_event(guest);
    guest.driver.kick(kEvent);
    CHECK(guest.driver.queue(kEvent).used() == Used{chain.head, sizeof(virtio_vsock_event)});
    CHECK(event_in(guest, chain) == VIRTIO_VSOCK_EVENT_TRANSPORT_RESET);
    CHECK(guest.driver.interrupt().used_buffers() == 1);
}

TEST_CASE("the event waits for a buffer, comes once, and is owed still when it was saved before") {
    VsockGuest guest;
    go_on_from(guest, {1});
    guest.driver.kick(kEvent);
    CHECK_FALSE(guest.driver.queue(kEvent).used());
    CHECK(guest.device.save()->own == Own{1});

    const auto small = offer_event(guest, 2);
    const auto chain = offer_event(guest);
    const auto unused = offer_event(guest);
    guest.driver.kick(kEvent);
    CHECK(guest.driver.queue(kEvent).used() == Used{small.head, 0});
    CHECK(guest.driver.queue(kEvent).used() == Used{chain.head, sizeof(virtio_vsock_event)});
    CHECK_FALSE(guest.driver.queue(kEvent).used());
    guest.driver.kick(kEvent);
    CHECK_FALSE(guest.driver.queue(kEvent).used());
    static_cast<void>(unused);
}

TEST_CASE("a driver that has only buffers that are too small gets a few of them back at a time") {
    VsockGuest guest;
    go_on_from(guest, {1});
    for (int i = 0; i < 6; ++i) static_cast<void>(offer_event(guest, 2));
    const auto returned = [&guest] {
        int count = 0;
        while (guest.driver.queue(kEvent).used()) ++count;
        return count;
    };
    guest.driver.kick(kEvent);
    CHECK(returned() == 4);
    guest.driver.kick(kEvent);
    CHECK(returned() == 2);
}

TEST_CASE("streams work after the event, and packets of earlier ones are answered by Reset") {
    VsockGuest guest;
    go_on_from(guest, {1});
    guest.send(VsockGuest::header(1024, 5000, Operation::Data, 3), test::bytes_of("old"));
    CHECK(guest.receive_text() == std::vector<std::string>{"Reset"});
    const auto chain = offer_event(guest);
    guest.driver.kick(kEvent);
    CHECK(event_in(guest, chain) == VIRTIO_VSOCK_EVENT_TRANSPORT_RESET);
    const UniqueFd socket = guest.connect(1024, 5001);
    CHECK(guest.device.stream_count() == 1);
}

TEST_CASE(
    "a driver that was saved before its first packet is told nothing, nor one that is reset") {
    VsockGuest waiting;
    bool at_request = false;
    waiting.device.wait_at_request([&at_request] { at_request = true; });
    waiting.submit(VsockGuest::header(1024, 5000, Operation::Request));
    waiting.kick_transmit();
    REQUIRE(at_request);
    CHECK(waiting.device.save()->own == Own{0});

    for (const bool reset : {false, true}) {
        VsockGuest guest;
        go_on_from(guest, {reset ? 1U : 0U});
        if (reset) {
            guest.driver.reset();
            guest.restart();
        }
        static_cast<void>(offer_event(guest));
        guest.driver.kick(kEvent);
        CHECK_FALSE(guest.driver.queue(kEvent).used());
    }
}

TEST_CASE("a driver that was saved at a request is told nothing, and opens its stream anew") {
    VsockGuest waiting;
    UniqueFd socket = waiting.connect(1024, 5000);
    waiting.device.wait_at_request([] {});
    // It waits for one, and is not there yet: a stream that is open is to be reset.
    CHECK(waiting.device.save()->own == Own{1});
    socket.reset();
    waiting.settle();
    waiting.submit(VsockGuest::header(1024, 5001, Operation::Request));
    waiting.kick_transmit();
    const auto saved = waiting.device.save();
    REQUIRE(saved);
    CHECK(saved->own == Own{0});
    // The request is what is taken next, wherever that is.
    CHECK(saved->queues[1].next_available == 1);
    waiting.device.go_on();
    waiting.settle();
    CHECK(waiting.host.opened.size() == 1);
    CHECK(waiting.device.save()->own == Own{1});

    VsockGuest guest;
    go_on_from(guest, saved->own);
    static_cast<void>(offer_event(guest));
    guest.driver.kick(kEvent);
    CHECK_FALSE(guest.driver.queue(kEvent).used());
    // There it waits no more.
    const UniqueFd again = guest.connect(1024, 5001);
    CHECK(guest.device.stream_count() == 1);
}

TEST_CASE("what a saved device has of its own is 0 or 1") {
    VsockGuest guest;
    guest.driver.reset();
    CHECK_FALSE(guest.device.restore({}));
    CHECK_FALSE(guest.device.restore(Own{2}));
    CHECK_FALSE(guest.device.restore(Own{0, 0}));
    guest.restart();
}

}  // namespace

}  // namespace bulkhead::vsock
