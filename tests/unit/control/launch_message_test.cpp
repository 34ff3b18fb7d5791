#include "vmm/control/launch_message.h"

#include <functional>
#include <limits>

#include <catch2/catch.hpp>

#include "tests/unit/control/messages.h"

namespace bulkhead::control {
namespace {

using test::good_launch;
using test::kGoodDescriptors;
using test::packet_of;
using test::wire::HostMessage;
using test::wire::Launch;

// Why a launch that was changed in one place is refused.
std::string refusal(const std::function<void(Launch&)>& change) {
    HostMessage message = good_launch();
    change(*message.mutable_launch());
    const auto config = parse_launch(packet_of(message, kGoodDescriptors));
    return config ? "accepted" : config.error().message();
}

// One that goes on from a snapshot.
HostMessage restoring_launch() {
    HostMessage message = good_launch();
    Launch& launch = *message.mutable_launch();
    launch.mutable_restore()->set_state_fd(1);
    launch.mutable_restore()->set_memory_fd(2);
    launch.clear_initrd_fd();
    return message;
}

TEST_CASE("a good launch message becomes a machine's configuration") {
    const auto config = parse_launch(packet_of(good_launch(), kGoodDescriptors));
    REQUIRE(config);
    CHECK(config->vcpus == 2);
    CHECK(config->memory_bytes == std::uint64_t{128} << 20);
    CHECK(config->kernel_arguments == "quiet");
    CHECK(config->kvm.valid());
    CHECK(config->kernel.valid());
    CHECK(config->initrd.valid());
    CHECK(config->console.valid());
    REQUIRE(config->disks.size() == 1);
    const auto& disk = config->disks[0];
    CHECK(disk.serial == "lower");
    CHECK(disk.read_only);
    REQUIRE(disk.files.size() == 2);
    CHECK((disk.files[0].valid() && disk.files[1].valid()));
    REQUIRE(disk.segments.size() == 3);
    CHECK(disk.segments[0].file == 0);
    CHECK(disk.segments[1].file == 1);
    CHECK(disk.segments[2].file == 0);
    CHECK(disk.segments[1].file_offset == 512);
    CHECK(disk.segments[1].length == 4096);
}

TEST_CASE("RAM disk and console are optional") {
    HostMessage message = good_launch();
    message.mutable_launch()->clear_initrd_fd();
    message.mutable_launch()->clear_console_fd();
    const auto config = parse_launch(packet_of(message, kGoodDescriptors));
    REQUIRE(config);
    CHECK_FALSE(config->initrd.valid());
    CHECK_FALSE(config->console.valid());
}

TEST_CASE("what is no launch message is refused") {
    CHECK_FALSE(parse_launch({}));
    CHECK_FALSE(parse_launch({std::vector<std::byte>(64, std::byte{0xff}), {}}));
    HostMessage stop;
    stop.mutable_stop();
    const auto config = parse_launch(packet_of(stop, 0));
    REQUIRE_FALSE(config);
    CHECK(config.error().message() == "the first packet is not a Launch");
}

TEST_CASE("vCPUs are 1 to 32") {
    for (const std::uint32_t count : {1U, 32U}) {
        CHECK(refusal([&](Launch& launch) { launch.set_vcpus(count); }) == "accepted");
    }
    for (const std::uint32_t count : {0U, 33U, 0xffff'ffffU}) {
        CHECK_THAT(refusal([&](Launch& launch) { launch.set_vcpus(count); }),
                   Catch::Contains("vCPUs; 1 to 32 are possible"));
    }
}

TEST_CASE("memory is whole MiB between the bounds") {
    constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
    for (const std::uint64_t bytes : {32 * kMiB, 5 * 1024 * kMiB, machine::kMaxMemory}) {
        CHECK(refusal([&](Launch& launch) { launch.set_memory_bytes(bytes); }) == "accepted");
    }
    for (const std::uint64_t bytes :
         {std::uint64_t{0}, 31 * kMiB, 128 * kMiB + 4096, machine::kMaxMemory + kMiB,
          std::numeric_limits<std::uint64_t>::max()}) {
        CHECK_THAT(refusal([&](Launch& launch) { launch.set_memory_bytes(bytes); }),
                   Catch::Contains("bytes of memory; whole MiB"));
    }
}

TEST_CASE("a descriptor that is not there, or has another use, is refused") {
    CHECK(refusal([](Launch& launch) { launch.set_kvm_fd(6); }) == "kvm_fd is descriptor 6 of 6");
    CHECK(refusal([](Launch& launch) { launch.set_kernel_fd(0xffff'ffff); }) ==
          "kernel_fd is descriptor 4294967295 of 6");
    CHECK(refusal([](Launch& launch) { launch.set_initrd_fd(0); }) ==
          "initrd_fd is descriptor 0, which has another use");
    CHECK(refusal([](Launch& launch) { launch.set_console_fd(1); }) ==
          "console_fd is descriptor 1, which has another use");
    CHECK(refusal([](Launch& launch) {
              launch.mutable_disks(0)->mutable_segments(0)->set_fd(3);
          }) == "disk lower: a segment's fd is descriptor 3, which has another use");
    const auto none = parse_launch(packet_of(good_launch(), 0));
    REQUIRE_FALSE(none);
    CHECK(none.error().message() == "kvm_fd is descriptor 0 of 0");
}

TEST_CASE("two disks do not share a file") {
    CHECK_THAT(
        refusal([](Launch& launch) {
            *launch.add_disks() = launch.disks(0);
            launch.mutable_disks(1)->set_serial("upper");
        }),
        Catch::Contains("disk upper: a segment's fd is descriptor 4, which has another use"));
}

TEST_CASE("serials are short, printable and different") {
    for (const char* serial : {"", "123456789012345678901", "a b", "a\nb", "\x7f"}) {
        CHECK_THAT(refusal([&](Launch& launch) { launch.mutable_disks(0)->set_serial(serial); }),
                   Catch::Contains("a disk's serial must be"));
    }
    CHECK(refusal([](Launch& launch) {
              launch.mutable_disks(0)->set_serial("12345678901234567890");
          }) == "accepted");
    CHECK(refusal([](Launch& launch) {
              *launch.add_disks() = launch.disks(0);
              launch.mutable_disks(0)->mutable_segments()->RemoveLast();
              launch.mutable_disks(0)->mutable_segments()->RemoveLast();
              launch.mutable_disks(1)->mutable_segments()->DeleteSubrange(0, 1);
              launch.mutable_disks(1)->mutable_segments()->RemoveLast();
          }) == "two disks have the serial lower");
}

TEST_CASE("segments are whole sectors, not empty, and end where a file can") {
    using Change = std::function<void(test::wire::DiskSegment&)>;
    const auto with_segment = [](const Change& change) {
        return refusal(
            [&](Launch& launch) { change(*launch.mutable_disks(0)->mutable_segments(0)); });
    };
    CHECK_THAT(with_segment([](auto& segment) { segment.set_length(0); }),
               Catch::Contains("not whole sectors"));
    CHECK_THAT(with_segment([](auto& segment) { segment.set_length(513); }),
               Catch::Contains("not whole sectors"));
    CHECK_THAT(with_segment([](auto& segment) { segment.set_file_offset(1); }),
               Catch::Contains("not whole sectors"));
    CHECK_THAT(with_segment([](auto& segment) {
                   segment.set_file_offset(std::numeric_limits<std::uint64_t>::max() - 511);
               }),
               Catch::Contains("out of range"));
    CHECK_THAT(with_segment([](auto& segment) { segment.set_length(std::uint64_t{1} << 63); }),
               Catch::Contains("out of range"));
    // An empty slot, whose descriptor nobody names.
    CHECK(refusal([](Launch& launch) { launch.mutable_disks(0)->clear_segments(); }) == "accepted");
}

TEST_CASE("a disk's size does not wrap") {
    CHECK(refusal([](Launch& launch) {
              for (auto& segment : *launch.mutable_disks(0)->mutable_segments()) {
                  segment.set_length((std::uint64_t{1} << 63) - 1024);
              }
          }) == "disk lower is too large");
}

TEST_CASE("disks beyond the machine's slots are refused") {
    CHECK(refusal([](Launch& launch) {
              while (launch.disks_size() <= static_cast<int>(machine::kMaxDisks)) {
                  *launch.add_disks() = launch.disks(0);
              }
          }) == "13 disks; 12 are possible");
}

TEST_CASE("a machine that goes on from a snapshot has its files in place of a kernel") {
    const HostMessage message = restoring_launch();
    const auto config = parse_launch(packet_of(message, kGoodDescriptors));
    REQUIRE(config);
    REQUIRE(config->restore);
    CHECK((config->restore->state.valid() && config->restore->memory.valid()));
    CHECK_FALSE(config->kernel.valid());
    CHECK(refusal([](Launch& changed) {
              changed.mutable_restore()->set_state_fd(1);
              changed.mutable_restore()->set_memory_fd(1);
          }) == "memory_fd is descriptor 1, which has another use");
}

TEST_CASE("the pages that a snapshot's machines write to are pages of its memory") {
    HostMessage message = restoring_launch();
    Launch& launch = *message.mutable_launch();
    CHECK(parse_launch(packet_of(message, kGoodDescriptors)).value().written.empty());
    for (const std::uint64_t number : {3U, 2U, 9U, 1U})
        launch.mutable_restore()->add_written_pages(number);
    CHECK(parse_launch(packet_of(message, kGoodDescriptors)).value().written ==
          std::vector<PageRun>{{3, 2}, {9, 1}});
    const auto refused = [&](std::uint64_t first) {
        HostMessage other = message;
        other.mutable_launch()->mutable_restore()->set_written_pages(2, first);
        return !parse_launch(packet_of(other, kGoodDescriptors)).ok();
    };
    const std::uint64_t pages = launch.memory_bytes() / kPageBytes;
    CHECK_FALSE(refused(pages - 1));
    CHECK(refused(pages));
    CHECK(refused(4));
}

TEST_CASE("writes are logged when the host asks for it") {
    HostMessage message = good_launch();
    CHECK_FALSE(parse_launch(packet_of(message, kGoodDescriptors)).value().log_writes);
    message.mutable_launch()->set_log_writes(true);
    CHECK(parse_launch(packet_of(message, kGoodDescriptors)).value().log_writes);
}

}  // namespace
}  // namespace bulkhead::control
