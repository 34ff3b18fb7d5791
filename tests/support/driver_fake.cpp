#include "tests/support/driver_fake.h"

#include <algorithm>

#include "base/check.h"

namespace bulkhead::test {

void DriverFake::activate(virtio::VirtioDevice& device, std::uint64_t declined,
                          std::optional<std::uint16_t> queue_size) {
    device_ = &device;
    queues_.clear();
    interrupt_.clear();
    const auto& traits = device.traits();
    virtio::Activation activation{
        .features = traits.features & ~declined, .queues = {}, .interrupt = &interrupt_};
    for (const std::uint16_t largest : traits.queue_sizes) {
        const std::uint16_t size = std::min(largest, queue_size.value_or(largest));
        const auto& driver = queues_.emplace_back(arena_, size, activation.features);
        auto queue =
            virtio::Queue::activate(memory(), driver.config(), largest, activation.features);
        BULKHEAD_CHECK(queue.has_value());
        activation.queues.push_back(*queue);
    }
    device.activate(std::move(activation));
    for (std::uint16_t index = 0; index < queues_.size(); ++index) kick(index);
}

void DriverFake::reset() {
    device_->reset();
    queues_.clear();
    interrupt_.clear();
}

}  // namespace bulkhead::test
