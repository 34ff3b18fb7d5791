#include "host/sandbox/launch.h"

#include <fcntl.h>

#include <algorithm>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "proto/vmm.pb.h"

namespace bulkhead::sandbox {

namespace {

UniqueFd null_file() {
    return open_file("/dev/null", O_RDWR).value();
}

Launch small_launch() {
    Launch launch;
    launch.kvm = null_file();
    launch.kernel = null_file();
    launch.shape = {3, std::uint64_t{128} << 20U};
    launch.kernel_arguments = "quiet";
    return launch;
}

}  // namespace

TEST_CASE("a launch names each descriptor by its place in the packet") {
    Launch launch = small_launch();
    launch.initrd = null_file();
    launch.console = null_file();
    LaunchDisk lower{"lower", true, {}, {{1, 0, 512}, {0, 1024, 4096}, {1, 512, 512}}, {}};
    lower.files.push_back(null_file());
    lower.files.push_back(null_file());
    LaunchDisk upper{"upper", false, {}, {{0, 0, 8192}}, {}};
    upper.files.push_back(null_file());
    launch.disks.push_back(std::move(lower));
    launch.disks.push_back(std::move(upper));

    const auto packet = encode_launch(launch);
    REQUIRE(packet);
    vmm::v1::HostMessage message;
    REQUIRE(message.ParseFromArray(packet->bytes.data(), static_cast<int>(packet->bytes.size())));
    const auto& wire = message.launch();
    CHECK(wire.vcpus() == 3);
    CHECK(wire.memory_bytes() == 128U << 20U);
    CHECK(packet->descriptors.at(wire.kvm_fd()) == launch.kvm.get());
    CHECK(packet->descriptors.at(wire.kernel_fd()) == launch.kernel.get());
    CHECK(packet->descriptors.at(wire.initrd_fd()) == launch.initrd->get());
    CHECK(packet->descriptors.at(wire.console_fd()) == launch.console.get());
    REQUIRE(wire.disks_size() == 2);
    REQUIRE(wire.disks(0).segments_size() == 3);
    CHECK(packet->descriptors.at(wire.disks(0).segments(0).fd()) == launch.disks[0].files[1].get());
    CHECK(wire.disks(0).segments(1).file_offset() == 1024);
    CHECK(wire.disks(0).segments(1).length() == 4096);
    CHECK(wire.disks(0).read_only());
    CHECK(packet->descriptors.at(wire.disks(1).segments(0).fd()) == launch.disks[1].files[0].get());
    CHECK_FALSE(wire.disks(1).read_only());
    CHECK(packet->descriptors.size() == 7);
}

TEST_CASE("what is not there is not sent") {
    const Launch launch = small_launch();
    const auto packet = encode_launch(launch);
    REQUIRE(packet);
    vmm::v1::HostMessage message;
    REQUIRE(message.ParseFromArray(packet->bytes.data(), static_cast<int>(packet->bytes.size())));
    CHECK_FALSE(message.launch().has_initrd_fd());
    CHECK_FALSE(message.launch().has_console_fd());
    CHECK(packet->descriptors.size() == 2);
}

TEST_CASE("a launch that goes on from a snapshot names its files, and no kernel") {
    Launch launch = small_launch();
    launch.kernel.reset();
    launch.restore = Snapshot{null_file(), null_file()};
    launch.disks.push_back({"upper", false, {}, {}, {}});
    const auto packet = encode_launch(launch);
    REQUIRE(packet);
    vmm::v1::HostMessage message;
    REQUIRE(message.ParseFromArray(packet->bytes.data(), static_cast<int>(packet->bytes.size())));
    const auto& wire = message.launch();
    REQUIRE(wire.has_restore());
    CHECK(packet->descriptors.at(wire.restore().state_fd()) == launch.restore->state.get());
    CHECK(packet->descriptors.at(wire.restore().memory_fd()) == launch.restore->memory.get());
    CHECK_FALSE(wire.pause_at_first_stream());
    CHECK_FALSE(wire.log_writes());
    CHECK(wire.restore().written_pages_size() == 0);
    CHECK(wire.disks(0).segments_size() == 0);
    CHECK(packet->descriptors.size() == 3);
}

TEST_CASE("a copy of a launch is the same with descriptors of its own") {
    Launch launch = small_launch();
    launch.initrd = null_file();
    launch.restore = Snapshot{null_file(), null_file()};
    launch.restore->written = {{7, 2}, {12, 1}};
    launch.pause_at_first_stream = true;
    launch.log_writes = true;
    launch.device_limits.write_bytes = 7;
    LaunchDisk disk{"lower", true, {}, {{0, 512, 1024}}, {}};
    disk.files.push_back(null_file());
    launch.disks.push_back(std::move(disk));
    const auto copy = copy_of(launch);
    REQUIRE(copy);
    const auto encoded = [](const Launch& what) { return encode_launch(what).value(); };
    CHECK(encoded(*copy).bytes == encoded(launch).bytes);
    vmm::v1::HostMessage message;
    const auto bytes = encoded(*copy).bytes;
    REQUIRE(message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    CHECK(message.launch().log_writes());
    const auto& pages = message.launch().restore().written_pages();
    CHECK(std::vector<std::uint64_t>(pages.begin(), pages.end()) ==
          std::vector<std::uint64_t>{7, 2, 12, 1});
    const auto theirs = encoded(launch).descriptors;
    for (const int fd : encoded(*copy).descriptors)
        CHECK(std::ranges::find(theirs, fd) == theirs.end());
}

TEST_CASE("more files than one packet carries are an error, not a broken launch") {
    Launch launch = small_launch();
    LaunchDisk disk{"lower", true, {}, {}, {}};
    for (int i = 0; i < 252; ++i) disk.files.push_back(null_file());
    launch.disks.push_back(std::move(disk));
    const auto packet = encode_launch(launch);
    REQUIRE_FALSE(packet);
    CHECK(packet.error().message().find("too many layers") != std::string::npos);
}

}  // namespace bulkhead::sandbox
