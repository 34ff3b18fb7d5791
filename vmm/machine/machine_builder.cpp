#include "vmm/machine/machine_builder.h"

#include <optional>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "vmm/arch/arch.h"
#include "vmm/kvm/system.h"
#include "vmm/kvm/vcpu.h"
#include "vmm/machine/devices.h"
#include "vmm/machine/snapshot.h"
#include "vmm/memory/memory_file.h"

namespace bulkhead::machine {

namespace {

// docs/boot.md has the reason for each. They come first: an early console prints at once what was
// logged before it, unless it has been told to be quiet.
constexpr std::string_view kGeneralArguments =
    "quiet panic=-1 oops=panic rcupdate.rcu_expedited=1 page_reporting.page_reporting_order=10";

using Saved = std::optional<snapshot::SavedMachine>;

Result<Saved> read_snapshot(const MachineConfig& config) {
    if (!config.restore) return Saved();
    return Saved(TRY_CONTEXT(read_saved(config), "snapshot"));
}

Result<memory::GuestMemory> make_memory(const MachineConfig& config, const Saved& saved) {
    const auto ranges = arch::ram_ranges(config.memory_bytes);
    auto memory = saved ? memory::map_memory(ranges, config.restore->memory.get(), saved->memory)
                        : memory::GuestMemory::create(ranges, memory::HugePages::Wanted);
    return std::move(memory).context(concat("guest memory of ", bytes_text(config.memory_bytes)));
}

Result<kvm::System> open_kvm(UniqueFd kvm, unsigned vcpus) {
    auto system = TRY(kvm::System::adopt(std::move(kvm)));
    if (vcpus > system.max_vcpus()) {
        return Error(concat(vcpus, " vCPUs, but this host's KVM allows ", system.max_vcpus()));
    }
    return system;
}

Result<void> add_memory(kvm::Vm& vm, const memory::GuestMemory& memory, bool log_writes) {
    std::uint32_t index = 0;
    for (const auto& region : memory.regions()) {
        TRY(vm.set_memory({.index = index++,
                           .guest_start = raw(region.start),
                           .size = region.size,
                           .host = region.host,
                           .log_writes = log_writes}));
    }
    return {};
}

Result<std::unique_ptr<LegacyDevices>> attach_legacy(EventLoop& loop, UniqueFd console, kvm::Vm& vm,
                                                     GuestIo& io) {
    if (console.valid()) TRY_CONTEXT(set_nonblocking(console.get()), "console");
    auto legacy = std::make_unique<LegacyDevices>(loop, std::move(console));
    TRY(legacy->attach(vm, io));
    return legacy;
}

// Fresh devices in the machine's slots, and the arguments that tell the kernel of them; the host's
// own arguments come last, so that they win.
Result<std::string> plug_devices(const MachineContext& context, MachineConfig& config,
                                 MachineParts& parts) {
    const auto places = arch::device_slots();
    auto devices = TRY(make_devices(context, config, parts));
    BULKHEAD_CHECK(devices.size() <= places.size());
    const VirtioSlot::Surroundings around{parts.memory, context.loop, parts.vm, parts.io.memory};
    boot::CommandLine line;
    TRY(line.append(kGeneralArguments));
    TRY(arch::append_platform_arguments(line));
    for (std::size_t index = 0; index < devices.size(); ++index) {
        parts.slots.push_back(
            TRY(VirtioSlot::plug(around, places[index], std::move(devices[index]))));
        TRY(arch::append_device_argument(line, places[index]));
    }
    TRY(line.append(config.kernel_arguments));
    return line.text();
}

Result<void> create_vcpus(MachineParts& parts, unsigned count) {
    for (unsigned index = 0; index < count; ++index) {
        auto vcpu = TRY(parts.vm.create_vcpu(index));
        parts.processors.push_back(vcpu.get());
        parts.vcpus.push_back(std::move(vcpu));
    }
    return {};
}

// What is in memory, and where the first processor finds it.
Result<void> prepare_boot(const MachineContext& context, const MachineConfig& config,
                          const std::string& command_line, MachineParts& parts) {
    const auto entry = TRY(arch::load_guest(parts.memory, {.kernel = config.kernel.get(),
                                                           .initrd = config.initrd.get(),
                                                           .command_line = command_line,
                                                           .vcpus = config.vcpus}));
    context.steps.record("kernel");
    for (unsigned index = 0; index < parts.processors.size(); ++index) {
        TRY_CONTEXT(parts.model->set_up(*parts.processors[index], index, entry),
                    concat("vCPU ", index));
    }
    context.steps.record("vcpus");
    return {};
}

}  // namespace

Result<std::unique_ptr<MachineParts>> build_machine(const MachineContext& context,
                                                    MachineConfig config) {
    const Saved saved = TRY(read_snapshot(config));
    auto memory = TRY(make_memory(config, saved));
    memory::populate(memory, config.written);
    context.steps.record("memory");

    const auto system = TRY(open_kvm(std::move(config.kvm), config.vcpus));
    auto vm = TRY(system.create_vm());
    TRY(arch::set_up_platform(vm));
    TRY(add_memory(vm, memory, config.log_writes));
    context.steps.record("vm");

    auto parts = std::make_unique<MachineParts>(std::move(memory), std::move(vm));
    parts->logs_writes = config.log_writes;
    parts->legacy =
        TRY(attach_legacy(context.loop, std::move(config.console), parts->vm, parts->io));
    const std::string command_line = TRY(plug_devices(context, config, *parts));
    context.steps.record("devices");

    parts->model = TRY(arch::ProcessorModel::create(system, config.vcpus));
    TRY(create_vcpus(*parts, config.vcpus));
    if (saved) {
        TRY_CONTEXT(restore_machine(*parts, *saved), "snapshot");
        context.steps.record("restored");
    } else {
        TRY(prepare_boot(context, config, command_line, *parts));
    }
    return parts;
}

}  // namespace bulkhead::machine
