// Queue: the device's side of one split virtqueue, which exists only once its configuration has
// been validated. virtio 1.2 §2.7; notification suppression by EVENT_IDX §2.7.10.
//
// Use:
//     while (true) {
//         Queue::Pop popped = queue.pop();
//         if (popped.broken) return broken(popped.reason);  // the driver violated the protocol
//         if (!popped.chain) break;
//         ... work on popped.chain->readable / writable ...
//         queue.push_used(popped.chain->head, written);
//     }
//     if (queue.should_interrupt()) interrupt.signal_used_buffers();
//
// Thread: loop.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "vmm/memory/guest_memory.h"
#include "vmm/virtio/chain.h"

namespace bulkhead::virtio {

// What the driver wrote into the transport's registers for one queue.
struct QueueConfig {
    std::uint16_t size = 0;
    bool ready = false;
    memory::GuestAddress descriptor_table{};
    memory::GuestAddress available_ring{};
    memory::GuestAddress used_ring{};
};

// The ring positions beyond guest memory; enough, with QueueConfig, to save and restore a queue.
struct QueuePositions {
    std::uint16_t next_available = 0;
    std::uint16_t next_used = 0;
};

class Queue {
  public:
    struct Pop {
        std::optional<Chain> chain;
        bool broken = false;
        const char* reason = "";  // when broken; a literal
    };

    // Nothing when the configuration is not usable: size not a power of two or above `max_size`, a
    // ring misaligned or not wholly inside one region of RAM.
    static std::optional<Queue> activate(const memory::GuestMemory& memory,
                                         const QueueConfig& config, std::uint16_t max_size,
                                         std::uint64_t features);

    // The next available chain. Also asks the driver for notifications again when the ring is
    // empty, with the re-check that EVENT_IDX needs, so that "empty" is never a lost wake-up. Once
    // broken, a queue stays so.
    [[nodiscard]] Pop pop();

    // Gives the chain back with the bytes written to it. `head` must come from pop().
    void push_used(std::uint16_t head, std::uint32_t written);

    // Puts the chain that was popped last back; the next pop() gives it again. Only before
    // push_used().
    void undo_pop();

    // Whether the driver wants an interrupt for what was pushed since the last call.
    [[nodiscard]] bool should_interrupt();

    [[nodiscard]] QueuePositions positions() const { return positions_; }

    void restore(QueuePositions positions);

    [[nodiscard]] std::uint16_t size() const { return config_.size; }

  private:
    Queue(const memory::GuestMemory& memory, const QueueConfig& config, std::uint64_t features);

    // The chains that the driver has made available and pop() has not given yet.
    [[nodiscard]] std::uint16_t pending() const;
    [[nodiscard]] std::uint16_t load(memory::GuestAddress ring, std::uint64_t offset) const;
    Pop broken(const char* reason);

    const memory::GuestMemory* memory_;
    QueueConfig config_;
    bool event_idx_ = false;
    bool indirect_ = false;
    QueuePositions positions_;
    std::uint16_t signalled_used_ = 0;  // next_used when should_interrupt() was last asked
    const char* broken_reason_ = nullptr;
};

[[nodiscard]] std::vector<QueuePositions> positions_of(const std::vector<Queue>& queues);

}  // namespace bulkhead::virtio
