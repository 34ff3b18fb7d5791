// BalloonDevice: virtio-balloon. The host asks the guest for memory back (inflate), and the guest
// reports memory that it does not use (free page reporting); both give the pages to the host's
// kernel. Deflating needs nothing: a page comes back, zeroed, when the guest touches it.
// virtio 1.2 §5.5.
//
// Thread: loop, except traits(), the configuration space and actual_bytes().
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "base/event_loop.h"
#include "base/log.h"
#include "vmm/memory/guest_memory.h"
#include "vmm/virtio/device.h"

namespace bulkhead::balloon {

class BalloonDevice final : public virtio::VirtioDevice {
  public:
    // §5.5.6: the balloon counts in pages of this size, whatever the guest uses.
    static constexpr std::uint64_t kPageBytes = 4096;
    // Page numbers taken from one request; Linux sends at most 256. The rest is not given back,
    // which costs the guest's owner memory and nothing else.
    static constexpr std::uint64_t kMaxPagesPerRequest = 256;
    // When one turn has given back so many runs of pages, the loop's other sources come first: each
    // is a call that makes the kernel change the guest's page tables.
    static constexpr std::uint64_t kRunsPerTurn = 256;

    BalloonDevice(const memory::GuestMemory& memory, EventLoop& loop);

    // Asks the guest to hold this much in the balloon, rounded down to pages. It gets there in its
    // own time, or not at all.
    void set_target(std::uint64_t bytes);

    // What the guest says that the balloon holds.
    [[nodiscard]] std::uint64_t actual_bytes() const { return actual_pages_ * kPageBytes; }

    [[nodiscard]] const virtio::DeviceTraits& traits() const override { return traits_; }

    void read_config(std::uint64_t offset, std::span<std::byte> bytes) const override;
    void write_config(std::uint64_t offset, std::span<const std::byte> bytes) override;
    void activate(virtio::Activation activation) override;
    void on_queue_notified(std::uint16_t index) override;
    [[nodiscard]] Result<virtio::DeviceState> save() const override;
    Result<void> restore(std::span<const std::uint64_t> own) override;
    void reset() override;

  private:
    void serve(std::uint16_t index);
    // Each gives how many runs of pages were given back.
    std::uint64_t handle(std::uint16_t index, virtio::Chain& chain);
    std::uint64_t inflate(virtio::ChainReader& reader);
    std::uint64_t discard_reported(virtio::ChainWriter& writer);

    const memory::GuestMemory& memory_;
    EventLoop& loop_;
    virtio::DeviceTraits traits_;
    std::atomic<std::uint32_t> target_pages_{0};
    std::atomic<std::uint32_t> actual_pages_{0};
    std::optional<virtio::Activation> active_;
    EventLoop::Handle next_turn_;
    log::RateLimit broken_lines_;
};

}  // namespace bulkhead::balloon
