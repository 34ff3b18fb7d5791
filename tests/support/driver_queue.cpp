#include "tests/support/driver_queue.h"

#include "base/check.h"

namespace bulkhead::test {

using memory::GuestAddress;
using virtio::Descriptor;

ChainBuilder& ChainBuilder::readable(std::span<const std::byte> bytes) {
    const GuestAddress address = queue_.arena_.allocate(bytes.size());
    BULKHEAD_CHECK(queue_.arena_.memory().write_bytes(address, bytes));
    return buffer({.address = address, .length = static_cast<std::uint32_t>(bytes.size())});
}

ChainBuilder& ChainBuilder::readable(std::string_view text) {
    return readable(std::as_bytes(std::span(text)));
}

ChainBuilder& ChainBuilder::writable(std::uint32_t length) {
    const GuestAddress address = queue_.arena_.allocate(length);
    return buffer({.address = address, .length = length, .writable = true});
}

ChainBuilder& ChainBuilder::buffer(const Buffer& buffer) {
    buffers_.push_back(buffer);
    return *this;
}

ChainBuilder& ChainBuilder::indirect() {
    indirect_ = true;
    return *this;
}

SubmittedChain ChainBuilder::submit() {
    SubmittedChain chain;
    chain.head = indirect_ ? queue_.write_indirect(buffers_) : queue_.write_chain(buffers_);
    for (const auto& buffer : buffers_) {
        if (buffer.writable) chain.writable.push_back(buffer);
    }
    queue_.make_available(chain.head);
    return chain;
}

DriverQueue::DriverQueue(GuestArena& arena, std::uint16_t size, std::uint64_t features)
    : arena_(arena), event_idx_((features & virtio::kEventIdx) != 0) {
    const auto zeroed = [&](std::uint64_t bytes) {
        const GuestAddress start = arena_.allocate(bytes, 64);
        BULKHEAD_CHECK(arena_.memory().write_bytes(start, std::vector<std::byte>(bytes)));
        return start;
    };
    config_.size = size;
    config_.ready = true;
    config_.descriptor_table = zeroed(sizeof(Descriptor) * size);
    config_.available_ring = zeroed(virtio::available_ring_bytes(size));
    config_.used_ring = zeroed(virtio::used_ring_bytes(size));
    for (std::uint16_t index = size; index > 0; --index) {
        free_.push_back(static_cast<std::uint16_t>(index - 1));
    }
}

GuestAddress DriverQueue::at(GuestAddress ring, std::uint64_t offset) const {
    return GuestAddress{memory::raw(ring) + offset};
}

std::uint16_t DriverQueue::allocate_descriptor() {
    BULKHEAD_CHECK(!free_.empty());
    const std::uint16_t index = free_.back();
    free_.pop_back();
    return index;
}

namespace {

std::uint16_t flags_of(const Buffer& buffer, bool last) {
    return static_cast<std::uint16_t>((buffer.writable ? virtio::kDescriptorWrite : 0) |
                                      (last ? 0 : virtio::kDescriptorNext));
}

}  // namespace

std::uint16_t DriverQueue::write_chain(const std::vector<Buffer>& buffers) {
    BULKHEAD_CHECK(!buffers.empty());
    std::vector<std::uint16_t> indices;
    for (std::size_t count = 0; count < buffers.size(); ++count) {
        indices.push_back(allocate_descriptor());
    }
    for (std::size_t i = 0; i < buffers.size(); ++i) {
        const bool last = i + 1 == buffers.size();
        write_descriptor(indices[i], {.address = memory::raw(buffers[i].address),
                                      .length = buffers[i].length,
                                      .flags = flags_of(buffers[i], last),
                                      .next = last ? std::uint16_t{0} : indices[i + 1]});
    }
    const std::uint16_t head = indices.front();
    in_flight_[head] = std::move(indices);
    return head;
}

std::uint16_t DriverQueue::write_indirect(const std::vector<Buffer>& buffers) {
    std::vector<Descriptor> table;
    for (std::size_t i = 0; i < buffers.size(); ++i) {
        const bool last = i + 1 == buffers.size();
        table.push_back({.address = memory::raw(buffers[i].address),
                         .length = buffers[i].length,
                         .flags = flags_of(buffers[i], last),
                         .next = static_cast<std::uint16_t>(last ? 0 : i + 1)});
    }
    const auto bytes = std::as_bytes(std::span(table));
    const GuestAddress address = arena_.allocate(bytes.size());
    BULKHEAD_CHECK(arena_.memory().write_bytes(address, bytes));
    const std::uint16_t head = allocate_descriptor();
    write_descriptor(head, {.address = memory::raw(address),
                            .length = static_cast<std::uint32_t>(bytes.size()),
                            .flags = virtio::kDescriptorIndirect,
                            .next = 0});
    in_flight_[head] = {head};
    return head;
}

std::optional<Used> DriverQueue::used() {
    if (used_index() == used_index_) return std::nullopt;
    const auto slot = static_cast<std::uint16_t>(used_index_ % config_.size);
    const auto element =
        arena_.memory().read<virtio::UsedElement>(at(config_.used_ring, virtio::used_entry(slot)));
    BULKHEAD_CHECK(element.has_value());
    ++used_index_;
    if (event_idx_) set_used_event(used_index_);
    const auto head = static_cast<std::uint16_t>(element->id);
    if (const auto found = in_flight_.find(head); found != in_flight_.end()) {
        free_.insert(free_.end(), found->second.begin(), found->second.end());
        in_flight_.erase(found);
    }
    return Used{.head = element->id, .length = element->length};
}

std::vector<std::byte> DriverQueue::written(const SubmittedChain& chain) const {
    std::vector<std::byte> bytes;
    for (const auto& buffer : chain.writable) {
        const auto part = arena_.bytes(buffer.address, buffer.length);
        bytes.insert(bytes.end(), part.begin(), part.end());
    }
    return bytes;
}

bool DriverQueue::must_kick() {
    const std::uint16_t old = kicked_index_;
    kicked_index_ = available_index_;
    if (!event_idx_) return old != available_index_;
    // Whether the entry at avail_event is among those added since: §2.7.10.
    const auto past_event =
        static_cast<std::uint16_t>(available_index_ - available_event() - std::uint16_t{1});
    return past_event < static_cast<std::uint16_t>(available_index_ - old);
}

void DriverQueue::suppress_interrupts() {
    BULKHEAD_CHECK(arena_.memory().store_release(at(config_.available_ring, virtio::kRingFlags),
                                                 virtio::kNoInterrupt));
}

void DriverQueue::set_used_event(std::uint16_t index) {
    BULKHEAD_CHECK(arena_.memory().store_release(
        at(config_.available_ring, virtio::used_event(config_.size)), index));
}

void DriverQueue::start_at(std::uint16_t index) {
    available_index_ = index;
    kicked_index_ = index;
    used_index_ = index;
    set_available_index(index);
    BULKHEAD_CHECK(arena_.memory().store_release(at(config_.used_ring, virtio::kRingIndex), index));
    if (!event_idx_) return;
    set_used_event(index);
    BULKHEAD_CHECK(arena_.memory().store_release(
        at(config_.used_ring, virtio::available_event(config_.size)), index));
}

void DriverQueue::write_descriptor(std::uint16_t index, const Descriptor& descriptor) {
    BULKHEAD_CHECK(arena_.memory().write(at(config_.descriptor_table, sizeof(Descriptor) * index),
                                         descriptor));
}

void DriverQueue::make_available(std::uint16_t head) {
    const auto slot = static_cast<std::uint16_t>(available_index_ % config_.size);
    BULKHEAD_CHECK(arena_.memory().store_release(
        at(config_.available_ring, virtio::available_entry(slot)), head));
    set_available_index(static_cast<std::uint16_t>(available_index_ + 1));
}

void DriverQueue::set_available_index(std::uint16_t index) {
    available_index_ = index;
    BULKHEAD_CHECK(
        arena_.memory().store_release(at(config_.available_ring, virtio::kRingIndex), index));
}

std::uint16_t DriverQueue::used_index() const {
    return arena_.memory().load_acquire(at(config_.used_ring, virtio::kRingIndex)).value_or(0);
}

std::uint16_t DriverQueue::available_event() const {
    return arena_.memory()
        .load_acquire(at(config_.used_ring, virtio::available_event(config_.size)))
        .value_or(0);
}

}  // namespace bulkhead::test
