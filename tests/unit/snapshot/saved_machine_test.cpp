#include "vmm/snapshot/saved_machine.h"

#include <catch2/catch.hpp>

#include "vmm/snapshot/frame.h"

namespace bulkhead::snapshot {
namespace {

SavedMachine sample() {
    SavedMachine machine;
    machine.vcpus = 2;
    machine.memory_bytes = 1U << 30U;
    machine.memory = {{0, 4096}, {8192, 4096}};
    machine.processors = {"first", std::string("sec\0nd", 6)};
    machine.platform = "platform";
    virtio::TransportState device;
    device.type = 2;
    device.status = 15;
    device.queue_select = 1;
    device.driver_features = std::uint64_t{1} << 32U;
    device.active = true;
    device.queues = {{.config = {.size = 256,
                                 .ready = true,
                                 .descriptor_table = memory::GuestAddress{0x1000},
                                 .available_ring = memory::GuestAddress{0x2000},
                                 .used_ring = memory::GuestAddress{0x3000}},
                      .positions = {.next_available = 65535, .next_used = 12}}};
    device.own = {~std::uint64_t{0}};
    machine.devices = {device};
    machine.uart.divisor = 1;
    machine.uart.received = std::uint8_t{'x'};
    return machine;
}

std::string refusal(const std::vector<std::byte>& file) {
    const auto decoded = decode(file);
    return decoded ? "accepted" : decoded.error().message();
}

}  // namespace

TEST_CASE("a machine is the same after its way through a file") {
    const SavedMachine machine = sample();
    const SavedMachine again = decode(encode(machine)).value();
    CHECK(again.vcpus == machine.vcpus);
    CHECK(again.memory_bytes == machine.memory_bytes);
    CHECK(again.memory == machine.memory);
    CHECK(again.processors == machine.processors);
    CHECK(again.platform == machine.platform);
    CHECK(again.uart == machine.uart);
    REQUIRE(again.devices.size() == 1);
    const auto& device = again.devices.front();
    CHECK(device.status == 15);
    CHECK(device.active);
    CHECK(device.own == machine.devices.front().own);
    REQUIRE(device.queues.size() == 1);
    CHECK(device.queues[0].config.size == 256);
    CHECK(device.queues[0].config.used_ring == memory::GuestAddress{0x3000});
    CHECK(device.queues[0].positions.next_available == 65535);
    CHECK(device.queues[0].positions.next_used == 12);
}

TEST_CASE("a file that is another, shorter, longer or damaged is told apart") {
    const auto good = encode(sample());
    CHECK(refusal(good) == "accepted");
    CHECK(refusal({}) == "not a saved machine");
    CHECK(refusal(std::vector<std::byte>(100)) == "not a saved machine");
    for (const std::size_t length : {std::size_t{8}, std::size_t{23}, good.size() - 1}) {
        INFO(length);
        CHECK(refusal({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)}) !=
              "accepted");
    }
    auto longer = good;
    longer.push_back(std::byte{0});
    CHECK_THAT(refusal(longer), Catch::Contains("bytes behind its header"));
    for (std::size_t at = 0; at < good.size(); ++at) {
        auto damaged = good;
        damaged[at] ^= std::byte{1};
        INFO("byte " << at);
        CHECK(refusal(damaged) != "accepted");
    }
}

TEST_CASE("values that do not fit are refused, not cut") {
    SavedMachine machine = sample();
    machine.devices.assign(33, machine.devices.front());
    CHECK_THAT(refusal(encode(machine)), Catch::Contains("too many parts"));
    machine = sample();
    machine.devices.front().own.assign(17, 0);
    CHECK_THAT(refusal(encode(machine)), Catch::Contains("too many parts"));
    machine = sample();
    machine.processors.assign(65, "");
    CHECK_THAT(refusal(encode(machine)), Catch::Contains("too many parts"));
}

}  // namespace bulkhead::snapshot
