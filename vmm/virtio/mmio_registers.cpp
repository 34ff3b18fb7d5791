#include "vmm/virtio/mmio_registers.h"

#include <linux/virtio_mmio.h>

#include <algorithm>
#include <array>

#include "base/checked.h"
#include "base/text.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::virtio {

namespace {

constexpr std::uint32_t kMagic = 0x74726976;  // "virt"
constexpr std::uint32_t kVersion = 2;
constexpr std::uint32_t kVendor = 0x4b4c4842;  // "BHLK"
// §4.2.2: a shared memory region that does not exist has this length.
constexpr std::uint32_t kNoSharedMemory = 0xffff'ffff;
constexpr std::uint32_t kStatusBits = 0xff;

// §3.1.1: a driver's steps, each with those before it.
constexpr std::uint32_t kAcknowledged = VIRTIO_CONFIG_S_ACKNOWLEDGE;
constexpr std::uint32_t kDriver = kAcknowledged | VIRTIO_CONFIG_S_DRIVER;
constexpr std::uint32_t kFeaturesOk = kDriver | VIRTIO_CONFIG_S_FEATURES_OK;
constexpr std::uint32_t kDriverOk = kFeaturesOk | VIRTIO_CONFIG_S_DRIVER_OK;

std::uint32_t half(std::uint64_t value, std::uint32_t select) {
    if (select > 1) return 0;
    return static_cast<std::uint32_t>(value >> (32 * select));
}

std::uint64_t with_half(std::uint64_t value, std::uint32_t select, std::uint32_t part) {
    const unsigned int shift = 32 * select;
    return (value & ~(std::uint64_t{0xffff'ffff} << shift)) | (std::uint64_t{part} << shift);
}

void set_half(memory::GuestAddress& address, std::uint32_t select, std::uint32_t part) {
    address = memory::GuestAddress{with_half(memory::raw(address), select, part)};
}

}  // namespace

MmioRegisters::MmioRegisters(const DeviceTraits& traits)
    : traits_(traits), queues_(traits.queue_sizes.size()) {}

std::uint32_t MmioRegisters::read(std::uint64_t offset) const {
    switch (offset) {
        case VIRTIO_MMIO_MAGIC_VALUE:
            return kMagic;
        case VIRTIO_MMIO_VERSION:
            return kVersion;
        case VIRTIO_MMIO_DEVICE_ID:
            return traits_.type;
        case VIRTIO_MMIO_VENDOR_ID:
            return kVendor;
        case VIRTIO_MMIO_DEVICE_FEATURES:
            return half(traits_.features, device_features_select_);
        case VIRTIO_MMIO_INTERRUPT_STATUS:
            return interrupt_status_;
        case VIRTIO_MMIO_STATUS:
            return status_;
        case VIRTIO_MMIO_CONFIG_GENERATION:
            return config_generation_;
        case VIRTIO_MMIO_SHM_LEN_LOW:
        case VIRTIO_MMIO_SHM_LEN_HIGH:
        case VIRTIO_MMIO_SHM_BASE_LOW:
        case VIRTIO_MMIO_SHM_BASE_HIGH:
            return kNoSharedMemory;
        default:
            return read_queue(offset);
    }
}

std::uint32_t MmioRegisters::read_queue(std::uint64_t offset) const {
    if (queue_select_ >= queues_.size()) return 0;
    if (offset == VIRTIO_MMIO_QUEUE_NUM_MAX) return traits_.queue_sizes[queue_select_];
    if (offset == VIRTIO_MMIO_QUEUE_READY) return queues_[queue_select_].ready ? 1 : 0;
    return 0;
}

void MmioRegisters::write(std::uint64_t offset, std::uint32_t value) {
    switch (offset) {
        case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
            device_features_select_ = value;
            break;
        case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
            driver_features_select_ = value;
            break;
        case VIRTIO_MMIO_DRIVER_FEATURES:
            write_driver_features(value);
            break;
        case VIRTIO_MMIO_QUEUE_SEL:
            queue_select_ = value;
            break;
        case VIRTIO_MMIO_INTERRUPT_ACK:
            interrupt_status_ &= ~value;
            break;
        default:
            write_queue(offset, value);
            break;
    }
}

void MmioRegisters::write_driver_features(std::uint32_t value) {
    // §3.1.1: between DRIVER and FEATURES_OK.
    if (!has(VIRTIO_CONFIG_S_DRIVER) || has(VIRTIO_CONFIG_S_FEATURES_OK)) return;
    if (driver_features_select_ > 1) return;
    driver_features_ = with_half(driver_features_, driver_features_select_, value);
}

void MmioRegisters::write_queue(std::uint64_t offset, std::uint32_t value) {
    // §4.2.3.2: queues are set up between FEATURES_OK and DRIVER_OK. From then on the device works
    // with what was validated, until it is reset.
    if (!has(VIRTIO_CONFIG_S_FEATURES_OK) || has(VIRTIO_CONFIG_S_DRIVER_OK) ||
        has(VIRTIO_CONFIG_S_FAILED) || queue_select_ >= queues_.size()) {
        return;
    }
    QueueConfig& queue = queues_[queue_select_];
    if (offset == VIRTIO_MMIO_QUEUE_READY) {
        queue.ready = value == 1;
        return;
    }
    if (queue.ready) return;
    switch (offset) {
        case VIRTIO_MMIO_QUEUE_NUM:
            queue.size = narrow<std::uint16_t>(value).value_or(0);
            break;
        case VIRTIO_MMIO_QUEUE_DESC_LOW:
        case VIRTIO_MMIO_QUEUE_DESC_HIGH:
            set_half(queue.descriptor_table, offset == VIRTIO_MMIO_QUEUE_DESC_HIGH ? 1 : 0, value);
            break;
        case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
        case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
            set_half(queue.available_ring, offset == VIRTIO_MMIO_QUEUE_AVAIL_HIGH ? 1 : 0, value);
            break;
        case VIRTIO_MMIO_QUEUE_USED_LOW:
        case VIRTIO_MMIO_QUEUE_USED_HIGH:
            set_half(queue.used_ring, offset == VIRTIO_MMIO_QUEUE_USED_HIGH ? 1 : 0, value);
            break;
        default:
            break;
    }
}

bool MmioRegisters::acceptable(std::uint64_t features) const {
    return (features & ~traits_.features) == 0 && (features & kVersion1) != 0;
}

MmioRegisters::StatusEffect MmioRegisters::write_status(std::uint32_t value) {
    if (value == 0) {
        if (has(VIRTIO_CONFIG_S_DRIVER_OK)) return StatusEffect::Reset;
        reset();
        return StatusEffect::None;
    }
    // NEEDS_RESET is the device's to set; the driver writes back what it read.
    const std::uint32_t device_bits = VIRTIO_CONFIG_S_NEEDS_RESET;
    const std::uint32_t current = status_ & ~device_bits;
    const std::uint32_t wanted = value & kStatusBits & ~device_bits;
    // §2.1.1: the driver must not clear a bit; after FAILED only a reset helps.
    if ((current & ~wanted) != 0 || has(VIRTIO_CONFIG_S_FAILED)) return StatusEffect::None;
    const std::uint32_t added = wanted & ~current;

    // §3.1.1: one step after the other.
    const bool legal = (added & VIRTIO_CONFIG_S_FAILED) != 0 ||
                       (added == VIRTIO_CONFIG_S_ACKNOWLEDGE && current == 0) ||
                       (added == VIRTIO_CONFIG_S_DRIVER && current == kAcknowledged) ||
                       (added == VIRTIO_CONFIG_S_FEATURES_OK && current == kDriver &&
                        acceptable(driver_features_)) ||
                       (added == VIRTIO_CONFIG_S_DRIVER_OK && current == kFeaturesOk);
    if (!legal) return StatusEffect::None;
    if ((added & VIRTIO_CONFIG_S_FAILED) != 0) {
        status_ |= VIRTIO_CONFIG_S_FAILED;
        return StatusEffect::None;
    }
    status_ |= added;
    return added == VIRTIO_CONFIG_S_DRIVER_OK ? StatusEffect::Activate : StatusEffect::None;
}

void MmioRegisters::reset() {
    queues_.assign(queues_.size(), QueueConfig());
    status_ = 0;
    device_features_select_ = 0;
    driver_features_select_ = 0;
    queue_select_ = 0;
    interrupt_status_ = 0;
    driver_features_ = 0;
}

void MmioRegisters::save(TransportState& state) const {
    state.type = traits_.type;
    state.status = status_;
    state.device_features_select = device_features_select_;
    state.driver_features_select = driver_features_select_;
    state.queue_select = queue_select_;
    state.interrupt_status = interrupt_status_;
    state.config_generation = config_generation_;
    state.driver_features = driver_features_;
    state.queues.clear();
    for (const QueueConfig& queue : queues_)
        state.queues.push_back({.config = queue, .positions = {}});
}

Result<void> MmioRegisters::restore(const TransportState& state) {
    if (state.type != traits_.type)
        return Error(concat("the saved device is of type ", state.type, ", not ", traits_.type));
    if (state.queues.size() != queues_.size())
        return Error(concat(state.queues.size(), " queues were saved, not ", queues_.size()));
    constexpr std::uint32_t kAside = VIRTIO_CONFIG_S_NEEDS_RESET | VIRTIO_CONFIG_S_FAILED;
    constexpr std::array kSteps = {0U, kAcknowledged, kDriver, kFeaturesOk, kDriverOk};
    const std::uint32_t step = state.status & ~kAside;
    if (std::ranges::find(kSteps, step) == kSteps.end())
        return Error(concat("no driver makes the status ", hex(state.status)));
    if (step >= kFeaturesOk && !acceptable(state.driver_features))
        return Error(concat("the features ", hex(state.driver_features), " are not on offer"));
    if (state.active && step != kDriverOk) return Error("an active device without DRIVER_OK");
    status_ = state.status;
    device_features_select_ = state.device_features_select;
    driver_features_select_ = state.driver_features_select;
    queue_select_ = state.queue_select;
    interrupt_status_ = state.interrupt_status;
    config_generation_ = state.config_generation;
    driver_features_ = state.driver_features;
    for (std::size_t index = 0; index < queues_.size(); ++index)
        queues_[index] = state.queues[index].config;
    return {};
}

bool MmioRegisters::set_needs_reset() {
    if (has(VIRTIO_CONFIG_S_NEEDS_RESET)) return false;
    status_ |= VIRTIO_CONFIG_S_NEEDS_RESET;
    interrupt_status_ |= VIRTIO_MMIO_INT_CONFIG;
    return true;
}

bool MmioRegisters::config_writable() const {
    // §2.5.1: not before FEATURES_OK.
    return has(VIRTIO_CONFIG_S_FEATURES_OK) && !has(VIRTIO_CONFIG_S_FAILED);
}

}  // namespace bulkhead::virtio
