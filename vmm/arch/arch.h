// What a processor architecture provides to the machine. One implementation is compiled in; the
// folder of that architecture has it (x86_64/).
//
// Thread: any, while the machine is being built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "vmm/boot/command_line.h"
#include "vmm/kvm/system.h"
#include "vmm/kvm/vcpu.h"
#include "vmm/kvm/vm.h"
#include "vmm/memory/guest_memory.h"

namespace bulkhead::arch {

// Where RAM of `bytes` lies, around the hole that the devices need. `bytes` is page-aligned.
std::vector<memory::GuestMemory::Range> ram_ranges(std::uint64_t bytes);

// A place for a virtio-mmio device.
struct DeviceSlot {
    memory::GuestAddress window{};
    std::uint32_t interrupt = 0;  // edge-triggered line of the interrupt controller
};

// Every place that the machine has, in order.
std::vector<DeviceSlot> device_slots();

// What the kernel must be told on its command line: about the platform, and about one device.
Result<void> append_platform_arguments(boot::CommandLine& line);
Result<void> append_device_argument(boot::CommandLine& line, const DeviceSlot& slot);

// Interrupt controllers and whatever else must exist before the first vCPU.
Result<void> set_up_platform(const kvm::Vm& vm);

// The interrupt controllers and the guest's clock, for a snapshot. Restored after the vCPUs, and
// before devices raise interrupts. `saved` is untrusted.
Result<std::string> save_platform(const kvm::Vm& vm);
Result<void> restore_platform(const kvm::Vm& vm, const std::string& saved);

struct BootSources {
    int kernel = -1;
    int initrd = -1;  // none
    std::string command_line;
    unsigned vcpus = 1;
};

// Where the first vCPU starts, and with what.
struct EntryState {
    memory::GuestAddress instruction{};
    memory::GuestAddress boot_data{};
};

// Copies kernel and RAM disk into guest memory and writes the tables that the kernel reads.
Result<EntryState> load_guest(const memory::GuestMemory& memory, const BootSources& sources);

// The processor that the guest sees, the same for each of its vCPUs but for their numbers.
class ProcessorModel {
  public:
    static Result<ProcessorModel> create(const kvm::System& system, unsigned vcpus);

    ProcessorModel(ProcessorModel&&) noexcept;
    ProcessorModel& operator=(ProcessorModel&&) noexcept;
    ProcessorModel(const ProcessorModel&) = delete;
    ProcessorModel& operator=(const ProcessorModel&) = delete;
    ~ProcessorModel();

    // Brings a new vCPU to its state at power-on. The first one starts at `entry`; the others wait
    // for the guest to start them.
    [[nodiscard]] Result<void> set_up(const kvm::Vcpu& vcpu, unsigned index,
                                      const EntryState& entry) const;

    // A vCPU's whole state, for a snapshot, while no thread runs it.
    [[nodiscard]] Result<std::string> save(const kvm::Vcpu& vcpu, unsigned index) const;
    // In place of set_up(). An error: the state is of another kind of processor, or damaged.
    // `saved` is untrusted.
    [[nodiscard]] Result<void> restore(const kvm::Vcpu& vcpu, unsigned index,
                                       const std::string& saved) const;

  private:
    struct Features;
    explicit ProcessorModel(std::unique_ptr<Features> features);

    std::unique_ptr<Features> features_;
};

}  // namespace bulkhead::arch
