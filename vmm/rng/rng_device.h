// RngDevice: virtio-rng, random bytes from the host's getrandom(). virtio 1.2 §5.4.
//
// Thread: loop, except traits() and read_config().
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/event_loop.h"
#include "base/log.h"
#include "vmm/virtio/device.h"

namespace bulkhead::rng {

class RngDevice final : public virtio::VirtioDevice {
  public:
    // More is not written for one request, however much room the driver gives: the device may
    // write less (§5.4.6), and the loop has other work.
    static constexpr std::uint64_t kMaxRequestBytes = std::uint64_t{64} << 10;

    explicit RngDevice(EventLoop& loop);

    [[nodiscard]] const virtio::DeviceTraits& traits() const override { return traits_; }

    void read_config(std::uint64_t offset, std::span<std::byte> bytes) const override;
    void write_config(std::uint64_t offset, std::span<const std::byte> bytes) override;
    void activate(virtio::Activation activation) override;
    void on_queue_notified(std::uint16_t index) override;
    [[nodiscard]] Result<virtio::DeviceState> save() const override;
    Result<void> restore(std::span<const std::uint64_t> own) override;
    void reset() override;

  private:
    void serve();

    EventLoop& loop_;
    virtio::DeviceTraits traits_;
    std::optional<virtio::Activation> active_;
    EventLoop::Handle next_turn_;
    log::RateLimit broken_lines_;
};

}  // namespace bulkhead::rng
