// BlockDevice: virtio-blk with one queue over a Disk. virtio 1.2 §5.2.
//
// Thread: loop, except traits() and read_config(). Errors: a bad request gets a status; a broken
// ring gets NEEDS_RESET.
#pragma once

#include <linux/virtio_blk.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/event_loop.h"
#include "base/log.h"
#include "vmm/block/block_request.h"
#include "vmm/block/disk.h"
#include "vmm/block/disk_throttles.h"
#include "vmm/virtio/device.h"

namespace bulkhead::block {

class BlockDevice final : public virtio::VirtioDevice {
  public:
    static constexpr std::uint16_t kQueueSize = 256;

    // `serial` is cut to 20 bytes. `loop` and `throttles` must outlive the device.
    BlockDevice(EventLoop& loop, std::unique_ptr<Disk> disk, std::string_view serial,
                DiskThrottles& throttles);
    BlockDevice(const BlockDevice&) = delete;
    BlockDevice& operator=(const BlockDevice&) = delete;
    ~BlockDevice() override;

    [[nodiscard]] const virtio::DeviceTraits& traits() const override { return traits_; }

    void read_config(std::uint64_t offset, std::span<std::byte> bytes) const override;
    void write_config(std::uint64_t offset, std::span<const std::byte> bytes) override;
    void activate(virtio::Activation activation) override;
    void on_queue_notified(std::uint16_t index) override;
    // Not with requests in flight. The disk behind the device may be another one after a restore;
    // when it has another size, the driver is told.
    [[nodiscard]] Result<virtio::DeviceState> save() const override;
    Result<void> restore(std::span<const std::uint64_t> own) override;
    void reset() override;
    // Requests that wait for a limit begin at once: nobody waits for a guest that stands still.
    void hold(const std::function<void()>& quiet) override;
    void release() override;

  private:
    void serve();
    void go_on();
    void start(BlockRequest request);
    void start_when_allowed(BlockRequest request);
    void submit(BlockRequest request);
    void finish(BlockRequest& request, std::uint8_t status);
    void on_disk_done(BlockRequest& request, DiskStatus status);
    void interrupt_if_wanted();
    void broken(const char* reason);

    EventLoop& loop_;
    std::array<std::byte, VIRTIO_BLK_ID_BYTES> serial_{};
    std::unique_ptr<Disk> disk_;
    DiskThrottles& throttles_;
    virtio::DeviceTraits traits_;
    virtio_blk_config config_{};

    std::optional<virtio::Activation> active_;
    std::optional<std::uint64_t> saved_capacity_;  // what a restored driver knows, in sectors
    std::uint32_t in_flight_ = 0;                  // those that wait for a limit, too
    bool stalled_ = false;  // as many requests in flight as the queue is long
    bool held_ = false;
    std::function<void()> quiet_;  // to be called when nothing is in flight
    EventLoop::Handle next_turn_;
    log::RateLimit broken_lines_;
};

}  // namespace bulkhead::block
