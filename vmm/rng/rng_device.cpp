#include "vmm/rng/rng_device.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "vmm/virtio/config_space.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::rng {

namespace {

constexpr std::uint32_t kDeviceType = 4;
constexpr std::uint16_t kQueueSize = 64;

// Random bytes in all of `buffer`, or false.
bool fill_random(std::span<std::byte> buffer) {
    while (!buffer.empty()) {
        const ssize_t count = ::getrandom(buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        buffer = buffer.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

// Gives the bytes written.
std::uint32_t write_random(virtio::ChainWriter& writer) {
    std::uint64_t left = std::min(writer.remaining(), RngDevice::kMaxRequestBytes);
    std::uint32_t written = 0;
    std::array<std::byte, 4096> buffer{};
    while (left > 0) {
        const auto part = std::span(buffer).first(std::min<std::uint64_t>(left, buffer.size()));
        if (!fill_random(part) || !writer.write(part)) break;
        written += static_cast<std::uint32_t>(part.size());
        left -= part.size();
    }
    return written;
}

}  // namespace

RngDevice::RngDevice(EventLoop& loop)
    : loop_(loop),
      traits_{.type = kDeviceType,
              .features = virtio::kTransportFeatures,
              .queue_sizes = {kQueueSize}} {}

// There is no configuration space.
void RngDevice::read_config(std::uint64_t offset, std::span<std::byte> bytes) const {
    virtio::read_config_space({}, offset, bytes);
}

void RngDevice::write_config(std::uint64_t /*offset*/, std::span<const std::byte> /*bytes*/) {}

void RngDevice::activate(virtio::Activation activation) {
    active_ = std::move(activation);
}

void RngDevice::on_queue_notified(std::uint16_t /*index*/) {
    serve();
}

Result<virtio::DeviceState> RngDevice::save() const {
    virtio::DeviceState state;
    if (active_) state.queues = virtio::positions_of(active_->queues);
    return state;
}

Result<void> RngDevice::restore(std::span<const std::uint64_t> own) {
    if (!own.empty()) return Error("rng: a saved device has no values of its own");
    return {};
}

void RngDevice::reset() {
    next_turn_.reset();
    active_.reset();
}

void RngDevice::serve() {
    virtio::Queue& queue = active_->queues.front();
    std::uint64_t turn_bytes = 0;
    bool more = true;
    while (more && turn_bytes < kMaxRequestBytes) {
        virtio::Queue::Pop popped = queue.pop();
        if (popped.broken) {
            if (broken_lines_.allow()) log::warning(concat("rng: ring broken: ", popped.reason));
            return active_->interrupt->needs_reset();
        }
        more = popped.chain.has_value();
        if (!more) break;
        const std::uint32_t written = write_random(popped.chain->writable);
        queue.push_used(popped.chain->head, written);
        // Requests without room count too.
        turn_bytes += std::max<std::uint64_t>(written, 1024);
    }
    if (queue.should_interrupt()) active_->interrupt->signal_used_buffers();
    // A turn is over: the rest after the loop's other sources.
    if (more) next_turn_ = loop_.after(std::chrono::nanoseconds(0), [this] { serve(); });
}

}  // namespace bulkhead::rng
