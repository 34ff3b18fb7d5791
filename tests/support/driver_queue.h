// DriverQueue: the driver's side of one split virtqueue, and a builder for chains, so that a test
// reads as a list of descriptors and one expectation. The raw accessors at the end are for drivers
// that misbehave. virtio 1.2 §2.7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tests/support/guest_arena.h"
#include "vmm/virtio/queue.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::test {

class DriverQueue;

struct Buffer {
    memory::GuestAddress address{};
    std::uint32_t length = 0;
    bool writable = false;
};

struct SubmittedChain {
    std::uint16_t head = 0;
    std::vector<Buffer> writable;
};

class ChainBuilder {
  public:
    explicit ChainBuilder(DriverQueue& queue) : queue_(queue) {}

    // A buffer of its own with these bytes.
    ChainBuilder& readable(std::span<const std::byte> bytes);
    ChainBuilder& readable(std::string_view text);
    // A buffer of its own with this room.
    ChainBuilder& writable(std::uint32_t length);
    // A buffer that the test chose.
    ChainBuilder& buffer(const Buffer& buffer);
    // Puts all descriptors into an indirect table.
    ChainBuilder& indirect();

    // Writes the descriptors and makes the chain available.
    SubmittedChain submit();

  private:
    DriverQueue& queue_;
    std::vector<Buffer> buffers_;
    bool indirect_ = false;
};

struct Used {
    std::uint32_t head = 0;
    std::uint32_t length = 0;

    friend bool operator==(const Used&, const Used&) = default;
};

class DriverQueue {
  public:
    DriverQueue(GuestArena& arena, std::uint16_t size, std::uint64_t features);

    [[nodiscard]] const virtio::QueueConfig& config() const { return config_; }

    [[nodiscard]] std::uint16_t size() const { return config_.size; }

    [[nodiscard]] std::size_t free_descriptors() const { return free_.size(); }

    [[nodiscard]] ChainBuilder chain() { return ChainBuilder(*this); }

    // The next chain that the device has given back, its descriptors free again. With EVENT_IDX it
    // also asks to be interrupted for the one after it.
    std::optional<Used> used();

    // The bytes in the chain's writable buffers.
    [[nodiscard]] std::vector<std::byte> written(const SubmittedChain& chain) const;

    // Whether the driver must notify the device of what was submitted since the last call.
    [[nodiscard]] bool must_kick();

    void suppress_interrupts();  // without EVENT_IDX
    void set_used_event(std::uint16_t index);

    // Starts both rings at this index, as a queue that has run for long. Before any submit().
    void start_at(std::uint16_t index);

    // Raw access.
    void write_descriptor(std::uint16_t index, const virtio::Descriptor& descriptor);
    void make_available(std::uint16_t head);
    void set_available_index(std::uint16_t index);
    [[nodiscard]] std::uint16_t used_index() const;
    [[nodiscard]] std::uint16_t available_event() const;

  private:
    friend class ChainBuilder;

    [[nodiscard]] memory::GuestAddress at(memory::GuestAddress ring, std::uint64_t offset) const;
    std::uint16_t write_chain(const std::vector<Buffer>& buffers);
    std::uint16_t write_indirect(const std::vector<Buffer>& buffers);
    std::uint16_t allocate_descriptor();

    GuestArena& arena_;
    virtio::QueueConfig config_;
    bool event_idx_ = false;
    std::vector<std::uint16_t> free_;
    std::map<std::uint16_t, std::vector<std::uint16_t>> in_flight_;  // head -> its descriptors
    std::uint16_t available_index_ = 0;
    std::uint16_t kicked_index_ = 0;
    std::uint16_t used_index_ = 0;
};

}  // namespace bulkhead::test
