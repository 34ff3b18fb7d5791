// FakeDevice: a virtio device with two queues and an optional third, which gives every chain back
// with 0 bytes written, and records what the transport asks of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "vmm/virtio/config_space.h"
#include "vmm/virtio/device.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::test {

class FakeDevice final : public virtio::VirtioDevice {
  public:
    static constexpr std::uint32_t kType = 42;
    static constexpr std::uint64_t kSpecialFeature = virtio::feature(3);

    [[nodiscard]] const virtio::DeviceTraits& traits() const override { return traits_; }

    void read_config(std::uint64_t offset, std::span<std::byte> bytes) const override {
        virtio::read_config_space(config, offset, bytes);
    }

    void write_config(std::uint64_t offset, std::span<const std::byte> bytes) override {
        if (offset + bytes.size() > config.size()) return;
        std::copy(bytes.begin(), bytes.end(), config.begin() + static_cast<std::ptrdiff_t>(offset));
    }

    void activate(virtio::Activation activation) override {
        ++activations;
        active = std::move(activation);
    }

    void on_queue_notified(std::uint16_t index) override {
        notified.push_back(index);
        if (!answers) return;
        virtio::Queue& queue = active->queues[index];
        while (true) {
            const virtio::Queue::Pop popped = queue.pop();
            if (popped.broken) return active->interrupt->needs_reset();
            if (!popped.chain) break;
            queue.push_used(popped.chain->head, 0);
        }
        if (queue.should_interrupt()) active->interrupt->signal_used_buffers();
    }

    [[nodiscard]] Result<virtio::DeviceState> save() const override {
        virtio::DeviceState state{.queues = {}, .own = own};
        if (active) state.queues = virtio::positions_of(active->queues);
        return state;
    }

    Result<void> restore(std::span<const std::uint64_t> saved) override {
        own.assign(saved.begin(), saved.end());
        return {};
    }

    void reset() override {
        ++resets;
        active.reset();
    }

    std::vector<std::byte> config = std::vector<std::byte>(6, std::byte{0x11});
    std::optional<virtio::Activation> active;
    std::vector<std::uint16_t> notified;
    std::vector<std::uint64_t> own;
    int activations = 0;
    int resets = 0;
    bool answers = true;

  private:
    virtio::DeviceTraits traits_{.type = kType,
                                 .features = virtio::kTransportFeatures | kSpecialFeature,
                                 .queue_sizes = {16, 8, 4},
                                 .optional_queues = 1};
};

}  // namespace bulkhead::test
