#include "host/sandbox/vmm_message.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "proto/vmm.pb.h"

namespace bulkhead::sandbox {

namespace {

Packet packet_of(const vmm::v1::VmmMessage& message, std::vector<UniqueFd> descriptors = {}) {
    Packet packet;
    packet.bytes.resize(message.ByteSizeLong());
    message.SerializeToArray(packet.bytes.data(), static_cast<int>(packet.bytes.size()));
    packet.descriptors = std::move(descriptors);
    return packet;
}

std::vector<UniqueFd> one(UniqueFd fd) {
    std::vector<UniqueFd> list;
    list.push_back(std::move(fd));
    return list;
}

UniqueFd socket_of(int type) {
    return std::move(make_socketpair(type).value().first);
}

}  // namespace

TEST_CASE("the monitor's steps and end are read, fit for a terminal") {
    vmm::v1::VmmMessage message;
    auto& step = *message.mutable_started()->add_steps();
    step.set_name("kvm\x1b");
    step.set_monotonic_ns(17);
    auto parsed = parse_vmm_message(packet_of(message));
    REQUIRE(parsed);
    REQUIRE(std::holds_alternative<VmStarted>(*parsed));
    CHECK(std::get<VmStarted>(*parsed).steps.at(0).name == "kvm?");
    CHECK(std::get<VmStarted>(*parsed).steps.at(0).at_ns == 17);

    message.mutable_ended()->set_reason(vmm::v1::END_REASON_TRIPLE_FAULT);
    message.mutable_ended()->set_detail(std::string(100'000, '\x1b'));
    parsed = parse_vmm_message(packet_of(message));
    REQUIRE(parsed);
    CHECK(std::get<VmEnded>(*parsed).cause == EndCause::TripleFault);
    CHECK(std::get<VmEnded>(*parsed).detail.size() < 3000);
    CHECK(std::get<VmEnded>(*parsed).detail.find('\x1b') == std::string::npos);
}

TEST_CASE("a pause and new limits of devices are told") {
    vmm::v1::VmmMessage message;
    message.mutable_paused();
    auto parsed = parse_vmm_message(packet_of(message));
    REQUIRE(parsed);
    CHECK(std::holds_alternative<VmPaused>(*parsed));

    message.mutable_device_limits()->set_read_bytes(1);
    message.mutable_device_limits()->set_write_bytes(2);
    message.mutable_device_limits()->set_read_operations(3);
    message.mutable_device_limits()->set_write_operations(4);
    message.mutable_device_limits()->set_stream_bytes(5);
    message.mutable_device_limits()->set_stream_packets(6);
    parsed = parse_vmm_message(packet_of(message));
    REQUIRE(parsed);
    REQUIRE(std::holds_alternative<VmDeviceLimits>(*parsed));
    CHECK(std::get<VmDeviceLimits>(*parsed).limits == DeviceLimits{1, 2, 3, 4, 5, 6});
}

TEST_CASE("what a guest has written to is told as it was sent") {
    vmm::v1::VmmMessage message;
    message.mutable_writes();
    CHECK(std::get<VmWrites>(parse_vmm_message(packet_of(message)).value()).pages.empty());
    message.mutable_writes()->add_pages(7);
    message.mutable_writes()->add_pages(2);
    CHECK(std::get<VmWrites>(parse_vmm_message(packet_of(message)).value()).pages ==
          std::vector<std::uint64_t>{7, 2});
}

TEST_CASE("that a machine was saved is told, or why not") {
    vmm::v1::VmmMessage message;
    message.mutable_saved();
    auto parsed = parse_vmm_message(packet_of(message));
    REQUIRE(parsed);
    REQUIRE(std::holds_alternative<VmSaved>(*parsed));
    CHECK(std::get<VmSaved>(*parsed).error.empty());

    message.mutable_saved()->set_error("disk\x1b full");
    parsed = parse_vmm_message(packet_of(message));
    REQUIRE(parsed);
    CHECK(std::get<VmSaved>(*parsed).error == "disk? full");
}

TEST_CASE("every reason of an end has its cause, and one that does not exist has none") {
    const auto cause_of = [](int reason) {
        vmm::v1::VmmMessage message;
        message.mutable_ended()->set_reason(static_cast<vmm::v1::EndReason>(reason));
        auto parsed = parse_vmm_message(packet_of(message));
        REQUIRE(parsed);
        return std::get<VmEnded>(*parsed).cause;
    };
    CHECK(cause_of(vmm::v1::END_REASON_GUEST_RESET) == EndCause::GuestReset);
    CHECK(cause_of(vmm::v1::END_REASON_GUEST_PANIC) == EndCause::GuestPanic);
    CHECK(cause_of(vmm::v1::END_REASON_TRIPLE_FAULT) == EndCause::TripleFault);
    CHECK(cause_of(vmm::v1::END_REASON_STOPPED) == EndCause::Stopped);
    CHECK(cause_of(vmm::v1::END_REASON_INTERNAL_ERROR) == EndCause::InternalError);
    CHECK(cause_of(vmm::v1::END_REASON_LAUNCH_FAILED) == EndCause::LaunchFailed);
    CHECK(cause_of(vmm::v1::END_REASON_UNSPECIFIED) == EndCause::Unknown);
    CHECK(cause_of(99) == EndCause::Unknown);
}

TEST_CASE("no number of steps makes us keep them all") {
    vmm::v1::VmmMessage message;
    for (int i = 0; i < 5000; ++i) message.mutable_started()->add_steps()->set_name("x");
    const auto parsed = parse_vmm_message(packet_of(message));
    REQUIRE(parsed);
    CHECK(std::get<VmStarted>(*parsed).steps.size() == 64);
}

TEST_CASE("an unknown end reason is Unknown") {
    vmm::v1::VmmMessage message;
    message.mutable_ended()->set_reason(static_cast<vmm::v1::EndReason>(77));
    CHECK(std::get<VmEnded>(*parse_vmm_message(packet_of(message))).cause == EndCause::Unknown);
}

TEST_CASE("a stream comes with exactly one stream socket") {
    vmm::v1::VmmMessage message;
    message.mutable_stream_opened()->set_port(1024);
    const auto good = parse_vmm_message(packet_of(message, one(socket_of(SOCK_STREAM))));
    REQUIRE(good);
    CHECK(std::get<VmStream>(*good).port == 1024);
    CHECK(std::get<VmStream>(*good).stream.valid());

    CHECK_FALSE(parse_vmm_message(packet_of(message)));
    CHECK_FALSE(parse_vmm_message(packet_of(message, one(socket_of(SOCK_SEQPACKET)))));
    CHECK_FALSE(parse_vmm_message(packet_of(message, one(open_file("/dev/null", O_RDWR).value()))));
    auto two = one(socket_of(SOCK_STREAM));
    two.push_back(socket_of(SOCK_STREAM));
    const bool with_two = parse_vmm_message(packet_of(message, std::move(two))).ok();
    CHECK_FALSE(with_two);
}

TEST_CASE("what is no message is an error") {
    CHECK_FALSE(parse_vmm_message(packet_of(vmm::v1::VmmMessage())));
    Packet packet;
    packet.bytes.assign(64, std::byte{0xFF});
    const bool noise = parse_vmm_message(std::move(packet)).ok();
    CHECK_FALSE(noise);
}

}  // namespace bulkhead::sandbox
