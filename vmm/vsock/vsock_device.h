// VsockDevice: virtio-vsock served in the VMM. virtio 1.2 §5.10.
//
// A stream that the guest opens is handed to the StreamHost as one end of a socket pair; a stream
// that the host opens comes in as a socket. No paths, no listeners. Guest misbehaviour resets the
// stream it concerns; a broken ring closes all streams and needs a device reset. Thread: loop.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/event_loop.h"
#include "vmm/virtio/device.h"
#include "vmm/vsock/muxer.h"

namespace bulkhead::vsock {

class VsockDevice final : public virtio::VirtioDevice {
  public:
    static constexpr std::uint16_t kQueueSize = 256;

    // Loop and host outlive the device. `connects`: as many may the guest make in a second.
    VsockDevice(EventLoop& loop, StreamHost& host, Timeouts timeouts = {},
                std::uint64_t connects = StreamThrottles::kConnects);

    [[nodiscard]] const virtio::DeviceTraits& traits() const override { return traits_; }

    void read_config(std::uint64_t offset, std::span<std::byte> bytes) const override;
    void write_config(std::uint64_t offset, std::span<const std::byte> bytes) override;
    void activate(virtio::Activation activation) override;
    void on_queue_notified(std::uint16_t index) override;
    // Open streams are not saved: once restored, the driver is told to reset them (§5.10.6.7), at
    // once or when it has a buffer for that.
    [[nodiscard]] Result<virtio::DeviceState> save() const override;
    Result<void> restore(std::span<const std::uint64_t> own) override;
    void reset() override;

    // The packet with which the guest opens its next stream is not taken; `on_request` is called
    // once in its place. go_on() takes it, and so does a device that is restored from what save()
    // gives meanwhile: its driver has no other stream that is to be reset.
    void wait_at_request(std::function<void()> on_request) { on_request_ = std::move(on_request); }

    void go_on();

    // Connects `socket`, a connected stream socket, to the guest's port. When there is no driver,
    // the guest refuses or does not answer in time, the socket is closed.
    void open_stream(std::uint32_t guest_port, UniqueFd socket);

    // Bytes and packets of all streams, in each direction; holds at once. Gives what holds then.
    limit::RateLimit set_limit(const limit::RateLimit& limit);

    [[nodiscard]] std::size_t stream_count() const { return muxer_.stream_count(); }

  private:
    // §5.10.2. The only event is the reset of the transport: the buffers for it stay in the
    // driver's ring until there is one to report.
    static constexpr std::uint16_t kReceive = 0;
    static constexpr std::uint16_t kTransmit = 1;
    static constexpr std::uint16_t kEvent = 2;

    // What exists from activate() to reset().
    struct Active {
        explicit Active(virtio::Activation from);

        virtio::Activation activation;
        RxRing receive;
        bool transmit_waits = false;
    };

    // Takes what the guest sent, sends what waits, interrupts once.
    void service();
    // Runs service() when the callbacks that are due now have run.
    void schedule();
    // Whether the guest's next packet may be taken now. When not, service() runs when it may.
    [[nodiscard]] bool may_take();
    // Whether wait_at_request() holds for what is next in the queue.
    [[nodiscard]] bool waits_at(virtio::Queue& queue);
    // True when there may be more: the bound was reached, or a rate.
    [[nodiscard]] bool take_packets(virtio::Queue& queue);
    void take_packet(virtio::Chain& chain);
    void report_reset();
    void fail(const char* reason);

    EventLoop& loop_;
    virtio::DeviceTraits traits_;
    StreamThrottles throttles_;
    Muxer muxer_;
    std::unique_ptr<Active> active_;
    const char* broken_ = nullptr;             // why the transmit ring is unusable
    std::vector<memory::GuestSlice> payload_;  // take_packet()'s, kept for its storage
    std::vector<std::uint16_t> heads_;         // take_packets()'s
    bool scheduled_ = false;
    bool held_back_ = false;  // the guest's packets wait for a throttle
    std::function<void()> on_request_;
    bool at_request_ = false;  // until go_on()
    bool reset_owed_ = false;  // the driver has streams of before it was saved
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
    log::RateLimit log_limit_;
};

}  // namespace bulkhead::vsock
