#include "host/engine/update.h"

#include <catch2/catch.hpp>

#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

using supervisor::v1::UpdateRequest;

UpdateRequest memory_of(std::int64_t bytes) {
    UpdateRequest update;
    update.mutable_resources()->set_memory_limit_bytes(bytes);
    return update;
}

UpdateRequest quota_of(std::int64_t quota, std::uint64_t period) {
    UpdateRequest update;
    update.mutable_resources()->set_cpu_quota_us(quota);
    update.mutable_resources()->set_cpu_period_us(period);
    return update;
}

}  // namespace

TEST_CASE("a machine that runs gives no more than it was started with") {
    const sandbox::Shape machine{.vcpus = 2, .memory_bytes = 1000};
    CHECK(check_running_update(machine, memory_of(1000)));
    CHECK_FALSE(check_running_update(machine, memory_of(1001)));
    CHECK(check_running_update(machine, quota_of(200'000, 100'000)));
    CHECK(check_running_update(machine, quota_of(-1, 0)));
    CHECK_FALSE(check_running_update(machine, quota_of(200'001, 0)));
    CHECK(check_running_update(machine, UpdateRequest()));
}

TEST_CASE("later starts have what was updated, and keep the rest") {
    container::v1::Config config;
    config.mutable_machine()->set_memory_bytes(500);
    config.mutable_machine()->set_cpus(1);
    config.mutable_spec()->mutable_linux()->mutable_resources()->set_pids_limit(7);
    config.mutable_restart()->set_when(container::v1::RestartPolicy::WHEN_ALWAYS);
    UpdateRequest update = quota_of(250'000, 100'000);
    update.mutable_resources()->set_memory_limit_bytes(700);
    apply_update(update, config);
    CHECK(config.machine().memory_bytes() == 700);
    CHECK(config.machine().cpus() == 3);
    const auto& resources = config.spec().linux().resources();
    CHECK(resources.memory_limit_bytes() == 700);
    CHECK(resources.cpu_quota_us() == 250'000);
    CHECK(resources.pids_limit() == 7);
    CHECK(config.restart().when() == container::v1::RestartPolicy::WHEN_ALWAYS);
    UpdateRequest policy;
    policy.mutable_restart()->set_when(container::v1::RestartPolicy::WHEN_NEVER);
    apply_update(policy, config);
    CHECK(config.restart().when() == container::v1::RestartPolicy::WHEN_NEVER);
    CHECK(config.machine().memory_bytes() == 700);
}

TEST_CASE("only what is said is set") {
    container::v1::DeviceLimits wire;
    wire.set_write_bytes(5);
    runtime::DeviceLimits limits;
    limits.read_bytes = 0;
    limits.read_operations = 3;
    limits.stream_packets = 400;
    set_device_limits(limits, wire);
    CHECK(wire.has_read_bytes());
    CHECK(wire.write_bytes() == 5);
    CHECK(wire.read_operations() == 3);
    CHECK_FALSE(wire.has_write_operations());
    CHECK_FALSE(wire.has_stream_bytes());
    CHECK(wire.stream_packets() == 400);
}

TEST_CASE("limits that are updated leave the others as they are") {
    container::v1::Config config;
    config.mutable_machine()->mutable_device_limits()->set_read_bytes(5);
    config.mutable_machine()->mutable_device_limits()->set_write_operations(7);
    supervisor::v1::UpdateRequest update;
    update.mutable_device_limits()->set_read_bytes(0);
    update.mutable_device_limits()->set_write_bytes(9);
    update.mutable_device_limits()->set_stream_bytes(11);
    apply_update(update, config);
    CHECK(device_limits_of(config) == sandbox::DeviceLimits{0, 9, 0, 7, 11, 0});
}

}  // namespace bulkhead::engine
