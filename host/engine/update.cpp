#include "host/engine/update.h"

#include "base/text.h"
#include "proto/container.pb.h"
#include "proto/supervisor.pb.h"

namespace bulkhead::engine {

namespace {

constexpr std::uint64_t kDefaultPeriodUs = 100'000;

// Processors that a quota is worth, rounded up; 0: no quota.
std::uint64_t whole_cpus(const oci::v1::Resources& resources) {
    if (!resources.has_cpu_quota_us() || resources.cpu_quota_us() <= 0) return 0;
    const std::uint64_t period =
        resources.cpu_period_us() == 0 ? kDefaultPeriodUs : resources.cpu_period_us();
    const auto quota = static_cast<std::uint64_t>(resources.cpu_quota_us());
    return (quota + period - 1) / period;
}

}  // namespace

Result<void> check_running_update(const sandbox::Shape& machine,
                                  const supervisor::v1::UpdateRequest& update) {
    constexpr const char* kAdvice = "; stop it, update it, and start it again";
    const auto& resources = update.resources();
    if (resources.memory_limit_bytes() > 0 &&
        static_cast<std::uint64_t>(resources.memory_limit_bytes()) > machine.memory_bytes) {
        return Error(concat("the container's machine was started with ", machine.memory_bytes,
                            " bytes of memory and cannot grow", kAdvice));
    }
    if (whole_cpus(resources) > machine.vcpus) {
        return Error(concat("the container's machine was started with ", machine.vcpus,
                            " processors and gets no more", kAdvice));
    }
    return {};
}

void set_device_limits(const runtime::DeviceLimits& limits, container::v1::DeviceLimits& target) {
    if (limits.read_bytes) target.set_read_bytes(*limits.read_bytes);
    if (limits.write_bytes) target.set_write_bytes(*limits.write_bytes);
    if (limits.read_operations) target.set_read_operations(*limits.read_operations);
    if (limits.write_operations) target.set_write_operations(*limits.write_operations);
    if (limits.stream_bytes) target.set_stream_bytes(*limits.stream_bytes);
    if (limits.stream_packets) target.set_stream_packets(*limits.stream_packets);
}

sandbox::DeviceLimits device_limits_of(const container::v1::Config& config) {
    const auto& limits = config.machine().device_limits();
    return {limits.read_bytes(),       limits.write_bytes(),  limits.read_operations(),
            limits.write_operations(), limits.stream_bytes(), limits.stream_packets()};
}

void apply_update(const supervisor::v1::UpdateRequest& update, container::v1::Config& config) {
    if (update.has_restart()) *config.mutable_restart() = update.restart();
    if (update.has_device_limits())
        config.mutable_machine()->mutable_device_limits()->MergeFrom(update.device_limits());
    if (!update.has_resources()) return;
    config.mutable_spec()->mutable_linux()->mutable_resources()->MergeFrom(update.resources());
    auto& machine = *config.mutable_machine();
    if (update.resources().memory_limit_bytes() > 0)
        machine.set_memory_bytes(
            static_cast<std::uint64_t>(update.resources().memory_limit_bytes()));
    if (const auto cpus = whole_cpus(update.resources()); cpus != 0)
        machine.set_cpus(static_cast<std::uint32_t>(cpus));
}

}  // namespace bulkhead::engine
