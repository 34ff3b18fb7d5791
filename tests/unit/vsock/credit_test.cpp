#include "vmm/vsock/credit.h"

#include <catch2/catch.hpp>

namespace bulkhead::vsock {

namespace {

constexpr std::uint32_t kBuffer = 64 * 1024;
constexpr std::uint32_t kPackets = kBuffer / SendCredit::kPacketOverhead;

TEST_CASE("nothing may be sent before the guest has told its buffer") {
    const SendCredit credit;
    CHECK(credit.bytes() == 0);
    CHECK_FALSE(credit.any());
}

TEST_CASE("what is under way is taken off the guest's buffer") {
    SendCredit credit;
    credit.update(kBuffer, 0);
    CHECK(credit.bytes() == kBuffer);
    credit.sent(1000);
    CHECK(credit.bytes() == kBuffer - 1000);
    credit.update(kBuffer, 400);
    CHECK(credit.bytes() == kBuffer - 600);
}

TEST_CASE("a guest that shrinks its buffer below what is under way leaves no credit") {
    SendCredit credit;
    credit.update(kBuffer, 0);
    credit.sent(kBuffer);
    credit.update(100, 0);
    CHECK(credit.bytes() == 0);
    credit.update(100, kBuffer - 99);
    CHECK(credit.bytes() == 1);
}

TEST_CASE("a guest that counts more than it was sent gets no credit out of it") {
    SendCredit credit;
    credit.update(kBuffer, 0);
    credit.sent(10);
    credit.update(kBuffer, 11);
    CHECK(credit.bytes() == 0);
    credit.update(kBuffer, 10);
    CHECK(credit.bytes() == kBuffer);
}

TEST_CASE("credit goes on when the counters pass 2^32") {
    SendCredit credit;
    std::uint32_t forwarded = 0;
    credit.update(0xffff'ffff, forwarded);
    for (int round = 0; round < 5; ++round) {
        credit.sent(0x7000'0000);
        CHECK(credit.bytes() == 0xffff'ffff - 0x7000'0000);
        forwarded += 0x7000'0000;
        credit.update(0xffff'ffff, forwarded);
        CHECK(credit.bytes() == 0xffff'ffff);
        CHECK(credit.packets() == 0xffff'ffff / SendCredit::kPacketOverhead);
    }
}

TEST_CASE("packets are limited although bytes are left") {
    SendCredit credit;
    credit.update(kBuffer, 0);
    CHECK(credit.packets() == kPackets);
    for (std::uint32_t i = 0; i < kPackets; ++i) credit.sent(1);
    CHECK(credit.packets() == 0);
    CHECK(credit.bytes() > 0);
    CHECK_FALSE(credit.any());
}

TEST_CASE("packets count as consumed only when their last byte is") {
    SendCredit credit;
    credit.update(kBuffer, 0);
    credit.sent(100);
    credit.sent(100);
    credit.update(kBuffer, 99);
    CHECK(credit.packets() == kPackets - 2);
    credit.update(kBuffer, 200);
    CHECK(credit.packets() == kPackets);
}

TEST_CASE("consumed packets never are more than there were") {
    SendCredit credit;
    credit.update(kBuffer, 0);
    std::uint32_t sent = 0;
    for (std::uint32_t i = 0; i < kPackets; ++i) {
        credit.sent(7);
        ++sent;
    }
    for (std::uint32_t consumed = 0; consumed <= sent; ++consumed) {
        credit.update(kBuffer, consumed * 7);
        CHECK(credit.packets() <= kPackets - (sent - consumed));
    }
    CHECK(credit.packets() == kPackets);
}

TEST_CASE("a guest with a tiny buffer still gets one packet at a time") {
    SendCredit credit;
    credit.update(128, 0);
    CHECK(credit.packets() == 1);
    credit.sent(5);
    CHECK(credit.packets() == 0);
    credit.update(128, 5);
    CHECK(credit.packets() == 1);
}

TEST_CASE("the guest may fill the buffer and not more") {
    ReceiveCredit credit(100);
    CHECK(credit.receive(60));
    CHECK_FALSE(credit.receive(41));
    CHECK(credit.receive(40));
    CHECK(credit.held() == 100);
    CHECK_FALSE(credit.receive(0xffff'ffff));
    credit.forwarded(30);
    CHECK_FALSE(credit.receive(31));
    CHECK(credit.receive(30));
}

TEST_CASE("an update is due when half of the window is used and something was forwarded") {
    ReceiveCredit credit(100);
    CHECK(credit.receive(49));
    credit.forwarded(49);
    CHECK_FALSE(credit.update_due(1000));
    CHECK(credit.receive(1));
    CHECK(credit.update_due(1000));
    Header header;
    credit.tell(header);
    CHECK(header.buffer_allocation == 100);
    CHECK(header.forward_count == 49);
    CHECK_FALSE(credit.update_due(1000));
}

TEST_CASE("nothing is due while nothing was forwarded") {
    ReceiveCredit credit(100);
    CHECK(credit.receive(100));
    CHECK_FALSE(credit.update_due(1000));
}

// Linux sends at most what its own buffer would hold, so it would wait for ever otherwise.
TEST_CASE("an update is due by the guest's own buffer when that is smaller") {
    ReceiveCredit credit(100'000);
    CHECK(credit.receive(500));
    credit.forwarded(500);
    CHECK_FALSE(credit.update_due(100'000));
    CHECK(credit.update_due(1000));
    CHECK(credit.update_due(0));
}

}  // namespace

}  // namespace bulkhead::vsock
