#include "vmm/vsock/vsock_device.h"

#include <linux/virtio_ids.h>
#include <linux/virtio_vsock.h>

#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "base/wire.h"
#include "proto/ports.h"
#include "vmm/virtio/config_space.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::vsock {

namespace {

// Packets of one service(); the rest waits until the event loop's other work was done.
constexpr std::size_t kBatch = 32;
// Buffers for events of one notification. A driver with several vCPUs could give others meanwhile.
constexpr int kEventsPerTurn = 4;

}  // namespace

VsockDevice::Active::Active(virtio::Activation from)
    : activation(std::move(from)), receive(activation.queues[kReceive]) {}

VsockDevice::VsockDevice(EventLoop& loop, StreamHost& host, Timeouts timeouts,
                         std::uint64_t connects)
    : loop_(loop),
      // No feature bit of its own means streams only (§5.10.3).
      traits_{.type = VIRTIO_ID_VSOCK,
              .features = virtio::kTransportFeatures,
              .queue_sizes = {kQueueSize, kQueueSize, kQueueSize}},
      throttles_(loop, connects),
      muxer_(loop, host, throttles_, timeouts, [this] { schedule(); }) {}

void VsockDevice::read_config(std::uint64_t offset, std::span<std::byte> bytes) const {
    std::array<std::byte, sizeof(virtio_vsock_config)> config{};
    store_le<std::uint64_t>(config, protocol::kGuestCid);
    virtio::read_config_space(config, offset, bytes);
}

// §5.10.4: the driver writes nothing.
void VsockDevice::write_config(std::uint64_t /*offset*/, std::span<const std::byte> /*bytes*/) {}

void VsockDevice::activate(virtio::Activation activation) {
    BULKHEAD_CHECK(activation.queues.size() == traits_.queue_sizes.size());
    active_ = std::make_unique<Active>(std::move(activation));
}

void VsockDevice::on_queue_notified(std::uint16_t index) {
    if (active_ == nullptr) return;
    if (index == kEvent) return report_reset();
    if (index == kTransmit) active_->transmit_waits = true;
    service();
}

Result<virtio::DeviceState> VsockDevice::save() const {
    virtio::DeviceState state;
    if (active_ != nullptr) state.queues = virtio::positions_of(active_->activation.queues);
    // A driver whose request was not taken has no stream that its host has not closed.
    state.own = {active_ != nullptr && !at_request_ ? 1U : 0U};
    return state;
}

Result<void> VsockDevice::restore(std::span<const std::uint64_t> own) {
    if (own.size() != 1 || own.front() > 1)
        return Error("vsock: a saved device has one value of its own, 0 or 1");
    reset_owed_ = own.front() == 1;
    return {};
}

// §5.10.6.7. A buffer that is too small for an event goes back empty; a driver that has nothing but
// such is not waited upon.
void VsockDevice::report_reset() {
    virtio::Queue& queue = active_->activation.queues[kEvent];
    for (int turn = 0; reset_owed_ && turn < kEventsPerTurn; ++turn) {
        auto popped = queue.pop();
        if (popped.broken) return fail(popped.reason);
        if (!popped.chain) break;
        std::array<std::byte, sizeof(virtio_vsock_event)> event{};
        store_le<std::uint32_t>(event, VIRTIO_VSOCK_EVENT_TRANSPORT_RESET);
        const bool told = popped.chain->writable.write(event);
        queue.push_used(popped.chain->head, told ? sizeof(event) : 0);
        if (told) reset_owed_ = false;
    }
    if (queue.should_interrupt()) active_->activation.interrupt->signal_used_buffers();
}

void VsockDevice::go_on() {
    if (!std::exchange(at_request_, false) || active_ == nullptr) return;
    active_->transmit_waits = true;
    schedule();
}

void VsockDevice::reset() {
    muxer_.reset();
    throttles_.guest_packets.drop(this);
    throttles_.guest_connects.drop(this);
    held_back_ = false;
    active_.reset();
    broken_ = nullptr;
    reset_owed_ = false;
}

void VsockDevice::open_stream(std::uint32_t guest_port, UniqueFd socket) {
    if (active_ == nullptr) return;
    muxer_.open_stream(guest_port, std::move(socket));
}

limit::RateLimit VsockDevice::set_limit(const limit::RateLimit& limit) {
    throttles_.set(limit);
    return throttles_.limit();
}

void VsockDevice::service() {
    if (active_ == nullptr) return;
    auto& queues = active_->activation.queues;
    if (active_->transmit_waits) active_->transmit_waits = take_packets(queues[kTransmit]);
    bool more = active_->transmit_waits && !held_back_;
    if (broken_ == nullptr && muxer_.pump(active_->receive)) more = true;

    const bool sent = queues[kReceive].should_interrupt();
    const bool taken = queues[kTransmit].should_interrupt();
    if (sent || taken) active_->activation.interrupt->signal_used_buffers();
    if (broken_ != nullptr) return fail(broken_);
    if (active_->receive.broken() != nullptr) return fail(active_->receive.broken());
    if (more) schedule();
}

void VsockDevice::schedule() {
    if (std::exchange(scheduled_, true)) return;
    loop_.post([this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        scheduled_ = false;
        service();
    });
}

bool VsockDevice::may_take() {
    if (held_back_) return false;
    for (limit::Throttle* throttle : {&throttles_.guest_packets, &throttles_.guest_connects}) {
        if (throttle->open()) continue;
        held_back_ = true;
        throttle->wait_until_open(this, [this] {
            held_back_ = false;
            service();
        });
        return false;
    }
    return true;
}

bool VsockDevice::take_packets(virtio::Queue& queue) {
    heads_.clear();
    while (heads_.size() < kBatch && may_take() && !waits_at(queue)) {
        auto popped = queue.pop();
        if (popped.broken) broken_ = popped.reason;
        if (!popped.chain) break;
        take_packet(*popped.chain);
        heads_.push_back(popped.chain->head);
    }
    muxer_.end_batch();
    for (const std::uint16_t head : heads_) queue.push_used(head, 0);
    return heads_.size() == kBatch || held_back_;
}

bool VsockDevice::waits_at(virtio::Queue& queue) {
    if (at_request_) return true;
    if (!on_request_) return false;
    auto popped = queue.pop();
    if (!popped.chain) return false;
    HeaderBytes bytes;
    const bool whole = popped.chain->readable.read(bytes);
    queue.undo_pop();
    if (!whole || parse_header(bytes).operation != Operation::Request) return false;
    at_request_ = true;
    std::exchange(on_request_, nullptr)();
    return true;
}

// The header and the payload may lie in the descriptors in any way (§2.7.4.1). A packet without a
// whole header cannot be answered.
void VsockDevice::take_packet(virtio::Chain& chain) {
    throttles_.guest_packets.charge(0, 1);
    HeaderBytes bytes;
    if (!chain.readable.read(bytes)) return;
    const Header header = parse_header(bytes);
    if (header.operation == Operation::Request) throttles_.guest_connects.charge(0, 1);
    payload_.clear();
    if (header.operation == Operation::Data) {
        // When the chain is too short, nothing is taken, which the muxer sees.
        static_cast<void>(chain.readable.take(header.length, payload_));
    }
    muxer_.receive(header, payload_);
}

void VsockDevice::fail(const char* reason) {
    if (log_limit_.allow()) log::warning(concat("vsock: ", reason));
    virtio::Interrupt* interrupt = active_->activation.interrupt;
    reset();
    interrupt->needs_reset();
}

}  // namespace bulkhead::vsock
