#include "vmm/bus/bus.h"

#include <algorithm>

#include "base/checked.h"
#include "base/text.h"

namespace bulkhead::bus {

namespace {

// The last address, so that a range may end at the top of the address space.
constexpr std::uint64_t last(BusRange range) {
    return range.start + (range.size - 1);
}

}  // namespace

Result<void> Bus::add(BusRange range, BusDevice& device) {
    if (range.size == 0 || !checked_add(range.start, range.size - 1)) {
        return Error(
            concat("bus range ", hex(range.start), " with ", range.size, " bytes is invalid"));
    }
    const auto next = std::upper_bound(
        entries_.begin(), entries_.end(), range.start,
        [](std::uint64_t start, const Entry& entry) { return start < entry.range.start; });
    const bool meets_next = next != entries_.end() && next->range.start <= last(range);
    const bool meets_previous =
        next != entries_.begin() && last(std::prev(next)->range) >= range.start;
    if (meets_next || meets_previous) {
        return Error(concat("bus range ", hex(range.start), " with ", range.size,
                            " bytes overlaps another device"));
    }
    entries_.insert(next, Entry{range, &device});
    return {};
}

void Bus::read(std::uint64_t address, std::span<std::byte> data) const {
    const Entry* entry = find(address, data.size());
    if (entry == nullptr) {
        std::ranges::fill(data, std::byte{0xff});
        return;
    }
    entry->device->read(address - entry->range.start, data);
}

void Bus::write(std::uint64_t address, std::span<const std::byte> data) const {
    const Entry* entry = find(address, data.size());
    if (entry != nullptr) entry->device->write(address - entry->range.start, data);
}

const Bus::Entry* Bus::find(std::uint64_t address, std::size_t length) const {
    const auto next = std::upper_bound(
        entries_.begin(), entries_.end(), address,
        [](std::uint64_t start, const Entry& entry) { return start < entry.range.start; });
    if (length == 0 || next == entries_.begin()) return nullptr;
    const Entry& entry = *std::prev(next);
    const std::uint64_t offset = address - entry.range.start;
    if (offset >= entry.range.size || length > entry.range.size - offset) return nullptr;
    return &entry;
}

}  // namespace bulkhead::bus
