#include "vmm/virtio/queue.h"

#include "base/check.h"
#include "base/checked.h"
#include "vmm/virtio/descriptor_chain.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::virtio {

using memory::GuestAddress;
using memory::GuestMemory;

namespace {

bool is_aligned_ram(const GuestMemory& memory, GuestAddress start, std::uint64_t length,
                    std::uint64_t alignment) {
    return memory::raw(start) % alignment == 0 && memory.slice(start, length).has_value();
}

// Orders our store to one ring before our load from the other one. virtio 1.2 §2.7.10. The builtin
// is what std::atomic_thread_fence(seq_cst) compiles to; gcc refuses that one under TSan.
void full_fence() {
    __sync_synchronize();
}

// activate() proved that the whole ring lies in one region, so the sum cannot wrap.
GuestAddress at(GuestAddress ring, std::uint64_t offset) {
    return GuestAddress{memory::raw(ring) + offset};
}

std::uint16_t distance(std::uint16_t from, std::uint16_t to) {
    return static_cast<std::uint16_t>(to - from);
}

}  // namespace

Queue::Queue(const GuestMemory& memory, const QueueConfig& config, std::uint64_t features)
    : memory_(&memory),
      config_(config),
      event_idx_((features & kEventIdx) != 0),
      indirect_((features & kIndirect) != 0) {}

std::optional<Queue> Queue::activate(const GuestMemory& memory, const QueueConfig& config,
                                     std::uint16_t max_size, std::uint64_t features) {
    const std::uint16_t size = config.size;
    if (!config.ready || !is_power_of_two(size) || size > max_size) return std::nullopt;
    if (!is_aligned_ram(memory, config.descriptor_table, sizeof(Descriptor) * size,
                        kDescriptorAlignment) ||
        !is_aligned_ram(memory, config.available_ring, available_ring_bytes(size),
                        kAvailableAlignment) ||
        !is_aligned_ram(memory, config.used_ring, used_ring_bytes(size), kUsedAlignment)) {
        return std::nullopt;
    }
    return Queue(memory, config, features);
}

std::uint16_t Queue::load(GuestAddress ring, std::uint64_t offset) const {
    // Always RAM: activate() checked the whole ring, and RAM does not go away.
    return memory_->load_acquire(at(ring, offset)).value_or(0);
}

std::uint16_t Queue::pending() const {
    return distance(positions_.next_available, load(config_.available_ring, kRingIndex));
}

Queue::Pop Queue::broken(const char* reason) {
    broken_reason_ = reason;
    return Pop{.chain = {}, .broken = true, .reason = reason};
}

Queue::Pop Queue::pop() {
    if (broken_reason_ != nullptr) return broken(broken_reason_);
    std::uint16_t available = pending();
    if (available == 0 && event_idx_) {
        // Ask to be told about the next chain, then look again: the driver may have added it before
        // it could see the request.
        static_cast<void>(memory_->store_release(
            at(config_.used_ring, available_event(config_.size)), positions_.next_available));
        full_fence();
        available = pending();
    }
    if (available == 0) return {};
    if (available > config_.size) return broken("available index jumped");

    const auto slot = static_cast<std::uint16_t>(positions_.next_available % config_.size);
    const std::uint16_t head = load(config_.available_ring, available_entry(slot));
    ChainResult result = read_chain({.memory = *memory_,
                                     .start = config_.descriptor_table,
                                     .size = config_.size,
                                     .indirect = indirect_},
                                    head);
    if (!result.chain) return broken(result.reason);
    ++positions_.next_available;
    return Pop{.chain = std::move(result.chain)};
}

void Queue::push_used(std::uint16_t head, std::uint32_t written) {
    BULKHEAD_CHECK(head < config_.size);
    const auto slot = static_cast<std::uint16_t>(positions_.next_used % config_.size);
    static_cast<void>(memory_->write(at(config_.used_ring, used_entry(slot)),
                                     UsedElement{.id = head, .length = written}));
    ++positions_.next_used;
    static_cast<void>(
        memory_->store_release(at(config_.used_ring, kRingIndex), positions_.next_used));
}

void Queue::undo_pop() {
    --positions_.next_available;
}

bool Queue::should_interrupt() {
    const std::uint16_t pushed = distance(signalled_used_, positions_.next_used);
    signalled_used_ = positions_.next_used;
    if (pushed == 0) return false;
    full_fence();
    if (!event_idx_) {
        return (load(config_.available_ring, kRingFlags) & kNoInterrupt) == 0;
    }
    // Whether used_event is among the entries just pushed, modulo 2^16.
    const std::uint16_t event = load(config_.available_ring, used_event(config_.size));
    return static_cast<std::uint16_t>(distance(event, positions_.next_used) - 1) < pushed;
}

std::vector<QueuePositions> positions_of(const std::vector<Queue>& queues) {
    std::vector<QueuePositions> positions;
    positions.reserve(queues.size());
    for (const Queue& queue : queues) positions.push_back(queue.positions());
    return positions;
}

void Queue::restore(QueuePositions positions) {
    positions_ = positions;
    signalled_used_ = positions.next_used;
}

}  // namespace bulkhead::virtio
