#include "vmm/control/session.h"

#include <catch2/catch.hpp>

#include "tests/unit/control/messages.h"

namespace bulkhead::control {
namespace {

namespace wire = bulkhead::vmm::v1;

// What a session that could not start tells the host before its loop stops.
wire::Ended ended_after(Packet launch) {
    EventLoop loop;
    auto pair = PacketChannel::create_pair();
    REQUIRE(pair);
    auto channel = ControlChannel::create(loop, std::move(pair->second));
    REQUIRE(channel);
    Session session(loop, std::move(*channel));
    loop.post([&] { session.launch(std::move(launch)); });
    loop.run();
    auto packet = pair->first.receive();
    REQUIRE((packet && packet->has_value()));
    wire::VmmMessage message;
    REQUIRE(
        message.ParseFromArray((*packet)->bytes.data(), static_cast<int>((*packet)->bytes.size())));
    REQUIRE(message.has_ended());
    return message.ended();
}

TEST_CASE("a launch message that is wrong ends the session with the reason") {
    const wire::Ended ended = ended_after({});
    CHECK(ended.reason() == wire::END_REASON_LAUNCH_FAILED);
    CHECK(ended.detail() == "launch message: the first packet is not a Launch");
}

TEST_CASE("a descriptor that is not /dev/kvm ends the session with the reason") {
    const wire::Ended ended =
        ended_after(test::packet_of(test::good_launch(), test::kGoodDescriptors));
    CHECK(ended.reason() == wire::END_REASON_LAUNCH_FAILED);
    CHECK_THAT(ended.detail(), Catch::StartsWith("the descriptor is not /dev/kvm"));
}

}  // namespace
}  // namespace bulkhead::control
