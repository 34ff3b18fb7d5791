#include "vmm/balloon/balloon_device.h"

#include <linux/virtio_balloon.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "base/text.h"
#include "base/wire.h"
#include "vmm/virtio/config_space.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::balloon {

namespace {

constexpr std::uint32_t kDeviceType = 5;
// Linux needs 32 descriptors for a report.
constexpr std::uint16_t kQueueSize = 128;
constexpr int kChainsPerTurn = 16;

enum QueueIndex : std::uint16_t {
    Inflate = 0,
    Deflate = 1,
    // Linux numbers the queues that it uses without gaps, so that this one, with neither statistics
    // nor free page hints on offer, is the third.
    Reporting = 2,
};

// §5.5.4, and only what is offered of it.
struct Config {
    std::uint32_t target_pages = 0;
    std::uint32_t actual_pages = 0;
};

static_assert(offsetof(Config, actual_pages) == offsetof(virtio_balloon_config, actual));

// Collects page numbers into runs, so that a contiguous inflation is one call.
class Runs {
  public:
    explicit Runs(const memory::GuestMemory& memory) : memory_(memory) {}

    void add(std::uint32_t page) {
        if (count_ > 0 && page == first_ + count_) {
            ++count_;
            return;
        }
        static_cast<void>(finish());
        first_ = page;
        count_ = 1;
    }

    // Pages that are not RAM are ignored. Gives how many runs there were.
    std::uint64_t finish() {
        if (count_ == 0) return finished_;
        memory_.discard(memory::GuestAddress{first_ * BalloonDevice::kPageBytes},
                        count_ * BalloonDevice::kPageBytes);
        count_ = 0;
        return ++finished_;
    }

  private:
    const memory::GuestMemory& memory_;
    std::uint64_t first_ = 0;
    std::uint64_t count_ = 0;
    std::uint64_t finished_ = 0;
};

}  // namespace

BalloonDevice::BalloonDevice(const memory::GuestMemory& memory, EventLoop& loop)
    : memory_(memory),
      loop_(loop),
      traits_{.type = kDeviceType,
              .features = virtio::kTransportFeatures |
                          virtio::feature(VIRTIO_BALLOON_F_DEFLATE_ON_OOM) |
                          virtio::feature(VIRTIO_BALLOON_F_REPORTING),
              .queue_sizes = {kQueueSize, kQueueSize, kQueueSize},
              .optional_queues = 1} {}

void BalloonDevice::set_target(std::uint64_t bytes) {
    const std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    target_pages_ = static_cast<std::uint32_t>(std::min(bytes / kPageBytes, most));
    if (active_) active_->interrupt->signal_config_change();
}

void BalloonDevice::read_config(std::uint64_t offset, std::span<std::byte> bytes) const {
    const Config config{.target_pages = target_pages_, .actual_pages = actual_pages_};
    virtio::read_config_space(std::as_bytes(std::span(&config, 1)), offset, bytes);
}

void BalloonDevice::write_config(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset != offsetof(Config, actual_pages) || bytes.size() != sizeof(std::uint32_t)) return;
    actual_pages_ = load_le<std::uint32_t>(bytes.first<sizeof(std::uint32_t)>());
}

void BalloonDevice::activate(virtio::Activation activation) {
    active_ = std::move(activation);
}

void BalloonDevice::on_queue_notified(std::uint16_t index) {
    serve(index);
}

Result<virtio::DeviceState> BalloonDevice::save() const {
    virtio::DeviceState state;
    if (active_) state.queues = virtio::positions_of(active_->queues);
    state.own = {target_pages_, actual_pages_};
    return state;
}

Result<void> BalloonDevice::restore(std::span<const std::uint64_t> own) {
    if (own.size() != 2) return Error("balloon: a saved device has two values of its own");
    const auto target = narrow<std::uint32_t>(own[0]);
    const auto actual = narrow<std::uint32_t>(own[1]);
    if (!target || !actual) return Error("balloon: a saved size is out of range");
    target_pages_ = *target;
    actual_pages_ = *actual;
    return {};
}

void BalloonDevice::reset() {
    next_turn_.reset();
    active_.reset();
    // The driver starts with an empty balloon.
    actual_pages_ = 0;
}

void BalloonDevice::serve(std::uint16_t index) {
    virtio::Queue& queue = active_->queues[index];
    bool more = true;
    std::uint64_t runs = 0;
    for (int turn = 0; more && turn < kChainsPerTurn && runs < kRunsPerTurn; ++turn) {
        virtio::Queue::Pop popped = queue.pop();
        if (popped.broken) {
            if (broken_lines_.allow()) {
                log::warning(concat("balloon: ring broken: ", popped.reason));
            }
            return active_->interrupt->needs_reset();
        }
        more = popped.chain.has_value();
        if (!more) break;
        runs += handle(index, *popped.chain);
        queue.push_used(popped.chain->head, 0);
    }
    if (queue.should_interrupt()) active_->interrupt->signal_used_buffers();
    if (!more) return;
    // A turn is over: the rest, of any queue, after the loop's other sources.
    next_turn_ = loop_.after(std::chrono::nanoseconds(0), [this] {
        const auto count = static_cast<std::uint16_t>(active_->queues.size());
        for (std::uint16_t each = 0; each < count; ++each) serve(each);
    });
}

std::uint64_t BalloonDevice::handle(std::uint16_t index, virtio::Chain& chain) {
    if (index == Inflate) return inflate(chain.readable);
    if (index == Reporting) return discard_reported(chain.writable);
    return 0;  // Deflate: nothing to do.
}

// §5.5.6.1: the buffer is an array of page numbers.
std::uint64_t BalloonDevice::inflate(virtio::ChainReader& reader) {
    Runs runs(memory_);
    std::array<std::byte, sizeof(std::uint32_t)> bytes{};
    for (std::uint64_t page = 0; page < kMaxPagesPerRequest && reader.read(bytes); ++page) {
        runs.add(load_le<std::uint32_t>(bytes));
    }
    return runs.finish();
}

// §5.5.6.6: the buffers themselves are the free pages. They lie in RAM, or there were no chain.
std::uint64_t BalloonDevice::discard_reported(virtio::ChainWriter& writer) {
    std::vector<memory::GuestSlice> slices;
    static_cast<void>(writer.take(writer.remaining(), slices));
    for (const auto& slice : slices) memory_.discard(slice);
    return slices.size();
}

}  // namespace bulkhead::balloon
