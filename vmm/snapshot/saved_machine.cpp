#include "vmm/snapshot/saved_machine.h"

#include "base/check.h"
#include "base/checked.h"
#include "base/text.h"
#include "proto/snapshot.pb.h"
#include "vmm/snapshot/frame.h"

namespace bulkhead::snapshot {

namespace {

namespace wire = bulkhead::snapshot::v1;

using memory::GuestAddress;

// More than any machine of ours has of each.
constexpr int kMaxProcessors = 64;
constexpr int kMaxDevices = 32;
constexpr int kMaxQueues = 16;
constexpr int kMaxOwn = 16;
constexpr int kMaxExtents = 65536;

void write_queue(const virtio::QueueState& queue, wire::Queue& out) {
    out.set_size(queue.config.size);
    out.set_ready(queue.config.ready);
    out.set_descriptor_table(raw(queue.config.descriptor_table));
    out.set_available_ring(raw(queue.config.available_ring));
    out.set_used_ring(raw(queue.config.used_ring));
    out.set_next_available(queue.positions.next_available);
    out.set_next_used(queue.positions.next_used);
}

void write_device(const virtio::TransportState& device, wire::Device& out) {
    out.set_type(device.type);
    out.set_status(device.status);
    out.set_device_features_select(device.device_features_select);
    out.set_driver_features_select(device.driver_features_select);
    out.set_queue_select(device.queue_select);
    out.set_interrupt_status(device.interrupt_status);
    out.set_config_generation(device.config_generation);
    out.set_driver_features(device.driver_features);
    out.set_active(device.active);
    for (const virtio::QueueState& queue : device.queues) write_queue(queue, *out.add_queues());
    for (const std::uint64_t value : device.own) out.add_own(value);
}

void write_uart(const bus::Uart16550::State& uart, wire::Uart& out) {
    out.set_interrupt_enable(uart.interrupt_enable);
    out.set_line_control(uart.line_control);
    out.set_modem_control(uart.modem_control);
    out.set_scratch(uart.scratch);
    out.set_divisor(uart.divisor);
    out.set_fifo_enabled(uart.fifo_enabled);
    out.set_transmitter_empty_pending(uart.transmitter_empty_pending);
    if (uart.received) out.set_received(*uart.received);
}

template <class T>
Result<T> narrowed(std::uint32_t value, const char* what) {
    const auto narrower = narrow<T>(value);
    if (!narrower) return Error(concat(what, " ", value, " is out of range"));
    return *narrower;
}

Result<virtio::QueueState> read_queue(const wire::Queue& queue) {
    const auto size = TRY(narrowed<std::uint16_t>(queue.size(), "a queue's size"));
    const auto available =
        TRY(narrowed<std::uint16_t>(queue.next_available(), "a queue's position"));
    const auto used = TRY(narrowed<std::uint16_t>(queue.next_used(), "a queue's position"));
    return virtio::QueueState{.config = {.size = size,
                                         .ready = queue.ready(),
                                         .descriptor_table = GuestAddress{queue.descriptor_table()},
                                         .available_ring = GuestAddress{queue.available_ring()},
                                         .used_ring = GuestAddress{queue.used_ring()}},
                              .positions = {.next_available = available, .next_used = used}};
}

Result<virtio::TransportState> read_device(const wire::Device& device) {
    if (device.queues_size() > kMaxQueues || device.own_size() > kMaxOwn)
        return Error("a device has too many parts");
    virtio::TransportState state;
    state.type = device.type();
    state.status = device.status();
    state.device_features_select = device.device_features_select();
    state.driver_features_select = device.driver_features_select();
    state.queue_select = device.queue_select();
    state.interrupt_status = device.interrupt_status();
    state.config_generation = device.config_generation();
    state.driver_features = device.driver_features();
    state.active = device.active();
    for (const wire::Queue& queue : device.queues()) state.queues.push_back(TRY(read_queue(queue)));
    state.own.assign(device.own().begin(), device.own().end());
    return state;
}

Result<bus::Uart16550::State> read_uart(const wire::Uart& uart) {
    const auto byte = [](std::uint32_t value) {
        return narrowed<std::uint8_t>(value, "a serial port's register");
    };
    bus::Uart16550::State state;
    state.interrupt_enable = TRY(byte(uart.interrupt_enable()));
    state.line_control = TRY(byte(uart.line_control()));
    state.modem_control = TRY(byte(uart.modem_control()));
    state.scratch = TRY(byte(uart.scratch()));
    state.divisor = TRY(narrowed<std::uint16_t>(uart.divisor(), "a serial port's divisor"));
    state.fifo_enabled = uart.fifo_enabled();
    state.transmitter_empty_pending = uart.transmitter_empty_pending();
    if (uart.has_received()) state.received = TRY(byte(uart.received()));
    return state;
}

Result<SavedMachine> convert(const wire::Machine& machine) {
    if (machine.processors_size() > kMaxProcessors || machine.devices_size() > kMaxDevices ||
        machine.memory_size() > kMaxExtents) {
        return Error("the machine has too many parts");
    }
    SavedMachine saved;
    saved.vcpus = machine.vcpus();
    saved.memory_bytes = machine.memory_bytes();
    for (const wire::Extent& extent : machine.memory())
        saved.memory.push_back({extent.offset(), extent.length()});
    saved.processors.assign(machine.processors().begin(), machine.processors().end());
    saved.platform = machine.platform();
    for (const wire::Device& device : machine.devices())
        saved.devices.push_back(TRY(read_device(device)));
    saved.uart = TRY(read_uart(machine.uart()));
    return saved;
}

}  // namespace

std::vector<std::byte> encode(const SavedMachine& machine) {
    wire::Machine out;
    out.set_vcpus(machine.vcpus);
    out.set_memory_bytes(machine.memory_bytes);
    for (const memory::FileExtent& extent : machine.memory) {
        auto& added = *out.add_memory();
        added.set_offset(extent.offset);
        added.set_length(extent.length);
    }
    for (const std::string& processor : machine.processors) out.add_processors(processor);
    out.set_platform(machine.platform);
    for (const virtio::TransportState& device : machine.devices)
        write_device(device, *out.add_devices());
    write_uart(machine.uart, *out.mutable_uart());
    const std::string payload = out.SerializeAsString();
    return add_frame(std::as_bytes(std::span(payload)));
}

Result<SavedMachine> decode(std::span<const std::byte> file) {
    const auto payload = TRY(remove_frame(file));
    const auto size = narrow<int>(payload.size());
    wire::Machine machine;
    if (!size || !machine.ParseFromArray(payload.data(), *size))
        return Error("the file is damaged: it holds no machine");
    return convert(machine);
}

}  // namespace bulkhead::snapshot
