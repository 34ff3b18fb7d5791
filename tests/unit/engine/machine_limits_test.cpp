#include "host/engine/machine_limits.h"

#include <cstdint>

#include <catch2/catch.hpp>

#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr sandbox::Shape kShape{.vcpus = 2, .memory_bytes = 1024 * kMiB};

oci::v1::Resources& resources_of(container::v1::Config& config) {
    return *config.mutable_spec()->mutable_linux()->mutable_resources();
}

std::uint64_t quota_of(std::int64_t quota, std::uint64_t period) {
    container::v1::Config config;
    resources_of(config).set_cpu_quota_us(quota);
    if (period != 0) resources_of(config).set_cpu_period_us(period);
    return machine_limits(config, kShape, {}).cpu_quota_us;
}

}  // namespace

TEST_CASE("a machine without limits of its container has those of its size") {
    const auto limits = machine_limits({}, kShape, {});
    CHECK(limits.memory_bytes == (1024 + 16 + 64) * kMiB);
    CHECK(limits.cpu_quota_us == 300'000);  // of each 100 ms: two processors, and one for devices
    CHECK(limits.cpu_weight == 100);
    CHECK(limits.threads == 48);
    CHECK(limits.io == cgroup::IoRates());
}

TEST_CASE("a quota is the guest's and a tenth of a processor, whatever its period") {
    CHECK(quota_of(50'000, 0) == 60'000);
    CHECK(quota_of(500'000, 1'000'000) == 60'000);
    CHECK(quota_of(500, 1000) == 60'000);
    CHECK(quota_of(1, 1'000'000) == 10'000);
}

TEST_CASE("a quota of all processors, or of none, is no quota") {
    for (const std::int64_t quota :
         {std::int64_t{200'000}, INT64_MAX, std::int64_t{0}, std::int64_t{-1}})
        CHECK(quota_of(quota, 0) == 300'000);
}

TEST_CASE("a period that no kernel takes bounds the machine as none would") {
    CHECK(quota_of(INT64_MAX / 2, UINT64_MAX / 3) == 300'000);
    CHECK(quota_of(1, UINT64_MAX) == 300'000);
}

TEST_CASE("shares and rates are the container's; rates twice, as a second lock") {
    container::v1::Config config;
    resources_of(config).set_cpu_shares(1024);
    config.mutable_machine()->mutable_device_limits()->set_write_bytes(1000);
    config.mutable_machine()->mutable_device_limits()->set_read_operations(5);
    const auto limits = machine_limits(config, kShape, {7});
    CHECK(limits.cpu_weight == 39);
    CHECK(limits.io == cgroup::IoRates{.write_bytes = 2000, .read_operations = 10});
    CHECK(limits.disks == std::vector<dev_t>{7});
}

TEST_CASE("a container's place is below the parent that was asked for") {
    container::v1::Config config;
    config.mutable_machine()->set_cgroup_parent("/tenants/a");
    const auto place = container_place(config, "id");
    REQUIRE(place);
    CHECK(place->path() == "/sys/fs/cgroup/tenants/a/id");
}

}  // namespace bulkhead::engine
