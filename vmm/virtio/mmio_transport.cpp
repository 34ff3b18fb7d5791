#include "vmm/virtio/mmio_transport.h"

#include <linux/virtio_mmio.h>
#include <unistd.h>

#include <algorithm>

#include "base/syscalls.h"
#include "base/wire.h"

namespace bulkhead::virtio {

static_assert(MmioTransport::kNotifyOffset == VIRTIO_MMIO_QUEUE_NOTIFY);

namespace {

// An eventfd cannot fail here except by a full counter, and then its reader has been told already.
void signal(int event_fd) {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(event_fd, &one, sizeof(one)));
}

void drain(int event_fd) {
    std::uint64_t count = 0;
    static_cast<void>(!::read(event_fd, &count, sizeof(count)));
}

// §4.2.2.2: control registers are accessed with aligned 32-bit reads and writes only.
bool is_register_access(std::uint64_t offset, std::size_t size) {
    return offset % sizeof(std::uint32_t) == 0 && size == sizeof(std::uint32_t);
}

}  // namespace

Result<std::unique_ptr<MmioTransport>> MmioTransport::create(const memory::GuestMemory& memory,
                                                             EventLoop& loop,
                                                             VirtioDevice& device) {
    std::unique_ptr<MmioTransport> transport(new MmioTransport(memory, loop, device));
    transport->interrupt_ = TRY_CONTEXT(make_eventfd(), "virtio interrupt");
    const std::size_t count = device.traits().queue_sizes.size();
    for (std::uint16_t index = 0; index < count; ++index) {
        UniqueFd notify = TRY_CONTEXT(make_eventfd(), "virtio notification");
        EventLoop::Handle watch =
            loop.watch(notify.get(), EventLoop::Interest::Read,
                       [self = transport.get(), index] { self->on_notified(index); });
        transport->queues_.push_back(
            NotifiedQueue{.notify = std::move(notify), .watch = std::move(watch)});
    }
    return transport;
}

MmioTransport::MmioTransport(const memory::GuestMemory& memory, EventLoop& loop,
                             VirtioDevice& device)
    : memory_(memory), loop_(loop), device_(device), registers_(device.traits()) {}

MmioTransport::~MmioTransport() {
    reset_device();
}

void MmioTransport::read(std::uint64_t offset, std::span<std::byte> bytes) {
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    if (offset >= VIRTIO_MMIO_CONFIG) {
        device_.read_config(offset - VIRTIO_MMIO_CONFIG, bytes);
        return;
    }
    if (!is_register_access(offset, bytes.size())) return;
    const std::scoped_lock lock(registers_mutex_);
    store_le(bytes.first<sizeof(std::uint32_t)>(), registers_.read(offset));
}

void MmioTransport::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset >= VIRTIO_MMIO_CONFIG) {
        {
            const std::scoped_lock lock(registers_mutex_);
            if (!registers_.config_writable()) return;
        }
        device_.write_config(offset - VIRTIO_MMIO_CONFIG, bytes);
        return;
    }
    if (!is_register_access(offset, bytes.size())) return;
    const auto value = load_le<std::uint32_t>(bytes.first<sizeof(std::uint32_t)>());
    if (offset == VIRTIO_MMIO_QUEUE_NOTIFY) {
        // Only where no ioeventfd is bound; the same path from here on.
        if (value < queues_.size()) signal(queues_[value].notify.get());
        return;
    }
    if (offset == VIRTIO_MMIO_STATUS) {
        write_status(value);
        return;
    }
    const std::scoped_lock lock(registers_mutex_);
    registers_.write(offset, value);
}

void MmioTransport::write_status(std::uint32_t value) {
    const std::scoped_lock transition(transition_mutex_);
    auto effect = MmioRegisters::StatusEffect::None;
    {
        const std::scoped_lock lock(registers_mutex_);
        effect = registers_.write_status(value);
    }
    if (effect == MmioRegisters::StatusEffect::Activate) {
        loop_.run_and_wait([this] { activate(); });
    } else if (effect == MmioRegisters::StatusEffect::Reset) {
        // The status reads as zero, and so tells the driver that its memory is its own again, only
        // once the device has let go of it.
        loop_.run_and_wait([this] { reset_device(); });
        const std::scoped_lock lock(registers_mutex_);
        registers_.reset();
    }
}

void MmioTransport::activate() {
    auto activation = make_activation();
    if (!activation) {
        needs_reset();
        return;
    }
    const auto count = static_cast<std::uint16_t>(activation->queues.size());
    device_.activate(std::move(*activation));
    active_queues_ = count;
    // What the driver notified before DRIVER_OK was dropped.
    for (std::uint16_t index = 0; index < count; ++index) device_.on_queue_notified(index);
}

std::optional<Activation> MmioTransport::make_activation() {
    Activation activation{.features = 0, .queues = {}, .interrupt = this};
    std::vector<QueueConfig> configs;
    {
        const std::scoped_lock lock(registers_mutex_);
        activation.features = registers_.driver_features();
        configs = registers_.queues();
    }
    const DeviceTraits& traits = device_.traits();
    // Optional queues are the last ones.
    std::size_t count = configs.size();
    const std::size_t required = count - traits.optional_queues;
    while (count > required && !configs[count - 1].ready) --count;
    for (std::size_t index = 0; index < count; ++index) {
        auto queue = Queue::activate(memory_, configs[index], traits.queue_sizes[index],
                                     activation.features);
        if (!queue) return std::nullopt;
        activation.queues.push_back(*queue);
    }
    return activation;
}

Result<TransportState> MmioTransport::save() {
    const DeviceState device = TRY(device_.save());
    TransportState state;
    {
        const std::scoped_lock lock(registers_mutex_);
        registers_.save(state);
    }
    state.active = !device.queues.empty();
    for (std::size_t index = 0; index < device.queues.size(); ++index)
        state.queues[index].positions = device.queues[index];
    state.own = device.own;
    return state;
}

Result<void> MmioTransport::restore(const TransportState& state) {
    bool pending = false;
    {
        const std::scoped_lock lock(registers_mutex_);
        TRY(registers_.restore(state));
        pending = registers_.interrupt_pending();
    }
    TRY(device_.restore(state.own));
    if (state.active) TRY(restore_device(state));
    // The interrupt may have been on its way.
    if (pending) raise();
    return {};
}

Result<void> MmioTransport::restore_device(const TransportState& state) {
    auto activation = make_activation();
    if (!activation) return Error("the saved queues are not usable");
    const auto count = static_cast<std::uint16_t>(activation->queues.size());
    for (std::uint16_t index = 0; index < count; ++index)
        activation->queues[index].restore(state.queues[index].positions);
    device_.activate(std::move(*activation));
    active_queues_ = count;
    for (std::uint16_t index = 0; index < count; ++index) signal(queues_[index].notify.get());
    return {};
}

void MmioTransport::reset_device() {
    if (active_queues_ == 0) return;
    active_queues_ = 0;
    device_.reset();
}

void MmioTransport::on_notified(std::uint16_t index) {
    drain(queues_[index].notify.get());
    if (index < active_queues_) device_.on_queue_notified(index);
}

void MmioTransport::signal_used_buffers() {
    {
        const std::scoped_lock lock(registers_mutex_);
        registers_.set_interrupt(VIRTIO_MMIO_INT_VRING);
    }
    raise();
}

void MmioTransport::signal_config_change() {
    {
        const std::scoped_lock lock(registers_mutex_);
        registers_.bump_config_generation();
        registers_.set_interrupt(VIRTIO_MMIO_INT_CONFIG);
    }
    raise();
}

void MmioTransport::needs_reset() {
    {
        const std::scoped_lock lock(registers_mutex_);
        if (!registers_.set_needs_reset()) return;
    }
    raise();
}

// The cause is in the status register before the interrupt is.
void MmioTransport::raise() {
    signal(interrupt_.get());
}

}  // namespace bulkhead::virtio
