#include "vmm/control/host_command.h"

#include <catch2/catch.hpp>

#include "tests/unit/control/messages.h"
#include "vmm/control/vmm_messages.h"

namespace bulkhead::control {
namespace {

using test::packet_of;
using test::wire::HostMessage;

TEST_CASE("a stream to open comes with its socket") {
    HostMessage message;
    message.mutable_open_stream()->set_port(5000);
    auto command = parse_host_command(packet_of(message, 1));
    REQUIRE(command);
    REQUIRE(std::holds_alternative<OpenStream>(*command));
    CHECK(std::get<OpenStream>(*command).port == 5000);
    CHECK(std::get<OpenStream>(*command).socket.valid());
    CHECK_FALSE(parse_host_command(packet_of(message, 0)));
    CHECK_FALSE(parse_host_command(packet_of(message, 2)));
}

TEST_CASE("pause and resume are understood") {
    HostMessage message;
    message.mutable_pause();
    auto command = parse_host_command(packet_of(message, 0));
    REQUIRE(command);
    CHECK(std::holds_alternative<Pause>(*command));
    message.mutable_pause_at_stream();
    command = parse_host_command(packet_of(message, 0));
    REQUIRE(command);
    CHECK(std::holds_alternative<PauseAtStream>(*command));
    message.mutable_resume();
    command = parse_host_command(packet_of(message, 0));
    REQUIRE(command);
    CHECK(std::holds_alternative<Resume>(*command));
}

TEST_CASE("stop and balloon are understood") {
    HostMessage stop;
    stop.mutable_stop();
    auto command = parse_host_command(packet_of(stop, 0));
    REQUIRE(command);
    CHECK(std::holds_alternative<Stop>(*command));
    HostMessage balloon;
    balloon.mutable_set_balloon()->set_bytes(1 << 20);
    command = parse_host_command(packet_of(balloon, 0));
    REQUIRE(command);
    CHECK(std::get<SetBalloon>(*command).bytes == 1 << 20);
}

TEST_CASE("limits of devices are understood, and told as they are") {
    HostMessage message;
    auto& wire = *message.mutable_set_device_limits()->mutable_limits();
    wire.set_read_bytes(1);
    wire.set_write_bytes(2);
    wire.set_read_operations(3);
    wire.set_write_operations(4);
    wire.set_stream_bytes(5);
    wire.set_stream_packets(6);
    const auto command = parse_host_command(packet_of(message, 0));
    REQUIRE(command);
    const machine::DeviceLimits limits = std::get<SetDeviceLimits>(*command).limits;
    CHECK(limits ==
          machine::DeviceLimits{.disks = {.read = {1, 3}, .write = {2, 4}}, .streams = {5, 6}});
    const auto bytes = encode_device_limits(limits);
    test::wire::VmmMessage told;
    REQUIRE(told.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    CHECK(told.device_limits().SerializeAsString() == wire.SerializeAsString());
}

TEST_CASE("a second launch, an empty message and noise are errors") {
    CHECK_FALSE(parse_host_command(packet_of(test::good_launch(), 0)));
    CHECK_FALSE(parse_host_command(packet_of(HostMessage(), 0)));
    CHECK_FALSE(parse_host_command({std::vector<std::byte>(9, std::byte{0xff}), {}}));
}

TEST_CASE("the host may ask for what the guest has written to") {
    HostMessage message;
    message.mutable_take_writes();
    CHECK(std::holds_alternative<TakeWrites>(parse_host_command(packet_of(message, 0)).value()));
}

TEST_CASE("what a machine is saved to comes with it") {
    HostMessage message;
    message.mutable_save()->set_state_fd(1);
    message.mutable_save()->set_memory_fd(0);
    const auto command = parse_host_command(packet_of(message, 2));
    REQUIRE(command);
    const auto& save = std::get<Save>(*command);
    CHECK((save.files.state.valid() && save.files.memory.valid()));
    CHECK(save.swap == memory::Swap::Possible);
    message.mutable_save()->set_no_swap(true);
    CHECK(std::get<Save>(parse_host_command(packet_of(message, 2)).value()).swap ==
          memory::Swap::None);
    for (const std::size_t descriptors : {0U, 1U, 3U})
        CHECK_FALSE(parse_host_command(packet_of(message, descriptors)));
    message.mutable_save()->set_memory_fd(1);
    CHECK_FALSE(parse_host_command(packet_of(message, 2)));
    message.mutable_save()->set_memory_fd(2);
    CHECK_FALSE(parse_host_command(packet_of(message, 2)));
}

}  // namespace
}  // namespace bulkhead::control
