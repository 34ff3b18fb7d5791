#include "host/templates/slots.h"

#include <fcntl.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::templates {

namespace {

UniqueFd null_file() {
    return open_file("/dev/null", O_RDWR).value();
}

sandbox::LaunchDisk disk(std::string serial, bool read_only) {
    sandbox::LaunchDisk made{std::move(serial), read_only, {}, {{0, 0, 512}}, {}};
    made.files.push_back(null_file());
    return made;
}

sandbox::Launch booting_launch() {
    sandbox::Launch launch;
    launch.kvm = null_file();
    launch.kernel = null_file();
    launch.initrd = null_file();
    launch.shape = {2, std::uint64_t{64} << 20U};
    launch.kernel_arguments = "quiet";
    launch.device_limits.read_bytes = 4096;
    launch.disks.push_back(disk("lower", true));
    return launch;
}

sandbox::Snapshot snapshot() {
    return {null_file(), null_file()};
}

}  // namespace

TEST_CASE("a template's machine is the container's with empty slots") {
    const sandbox::Launch launch = booting_launch();
    const auto made = template_launch(launch);
    REQUIRE(made);
    CHECK(made->kernel.valid());
    CHECK(made->initrd.has_value());
    CHECK(made->shape.vcpus == 2);
    CHECK(made->kernel_arguments == "quiet");
    CHECK(made->pause_at_first_stream);
    CHECK(made->device_limits == sandbox::DeviceLimits{});
    REQUIRE(made->disks.size() == 2);
    CHECK(made->disks[0].serial == "lower");
    CHECK(made->disks[0].read_only);
    CHECK(made->disks[0].extents.empty());
    CHECK(made->disks[1].serial == "upper");
    CHECK_FALSE(made->disks[1].read_only);
    CHECK(made->disks[1].files.empty());
}

TEST_CASE("a restored machine has the container's disks in its slots, and boots nothing") {
    sandbox::Launch launch = booting_launch();
    const auto one = restored_launch(launch, snapshot());
    REQUIRE(one);
    CHECK_FALSE(one->kernel.valid());
    CHECK_FALSE(one->initrd.has_value());
    CHECK(one->restore.has_value());
    CHECK(one->device_limits.read_bytes == 4096);
    REQUIRE(one->disks.size() == 2);
    CHECK(one->disks[0].extents.size() == 1);
    CHECK(one->disks[1].serial == "upper");
    CHECK(one->disks[1].extents.empty());
    // What boots instead is as it was.
    CHECK(launch.kernel.valid());
    CHECK(launch.disks[0].files[0].valid());

    launch.disks.push_back(disk("upper", false));
    const auto both = restored_launch(launch, snapshot());
    REQUIRE(both);
    REQUIRE(both->disks.size() == 2);
    CHECK(both->disks[1].extents.size() == 1);
}

TEST_CASE("disks that fit no slot are an error") {
    sandbox::Launch third = booting_launch();
    third.disks.push_back(disk("upper", false));
    third.disks.push_back(disk("data", false));
    CHECK_FALSE(restored_launch(third, snapshot()));
    sandbox::Launch writable = booting_launch();
    writable.disks[0].read_only = false;
    CHECK_FALSE(restored_launch(writable, snapshot()));
    sandbox::Launch other = booting_launch();
    other.disks[0].serial = "upper";
    CHECK_FALSE(restored_launch(other, snapshot()));
}

}  // namespace bulkhead::templates
