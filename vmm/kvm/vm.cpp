#include "vmm/kvm/vm.h"

#include <linux/kvm.h>

#include <bit>

#include "base/page_runs.h"
#include "base/text.h"
#include "vmm/kvm/ioctl.h"
#include "vmm/kvm/vcpu.h"

namespace bulkhead::kvm {

namespace {

constexpr Request kSetMemory{KVM_SET_USER_MEMORY_REGION, "KVM_SET_USER_MEMORY_REGION"};
constexpr Request kGetDirtyLog{KVM_GET_DIRTY_LOG, "KVM_GET_DIRTY_LOG"};
constexpr Request kIrqfd{KVM_IRQFD, "KVM_IRQFD"};
constexpr Request kIoeventfd{KVM_IOEVENTFD, "KVM_IOEVENTFD"};
constexpr Request kCreateVcpu{KVM_CREATE_VCPU, "KVM_CREATE_VCPU"};

}  // namespace

Result<void> Vm::set_memory(const MemorySlot& slot) {
    kvm_userspace_memory_region region{};
    region.slot = slot.index;
    region.flags = slot.log_writes ? KVM_MEM_LOG_DIRTY_PAGES : 0;
    region.guest_phys_addr = slot.guest_start;
    region.memory_size = slot.size;
    region.userspace_addr = std::bit_cast<std::uintptr_t>(slot.host);
    TRY_CONTEXT(call_with(vm_.get(), kSetMemory, region),
                concat("memory at ", hex(slot.guest_start)));
    return {};
}

Result<std::vector<std::uint64_t>> Vm::take_writes(std::uint32_t slot, std::uint64_t size) {
    constexpr std::uint64_t kPagesPerWord = 64;
    std::vector<std::uint64_t> bits((size / kPageBytes + kPagesPerWord - 1) / kPagesPerWord);
    kvm_dirty_log log{};
    log.slot = slot;
    log.dirty_bitmap = bits.data();
    TRY_CONTEXT(call_with(vm_.get(), kGetDirtyLog, log), concat("writes to slot ", slot));
    return bits;
}

Result<void> Vm::bind_interrupt(int eventfd, std::uint32_t line) {
    kvm_irqfd binding{};
    binding.fd = static_cast<std::uint32_t>(eventfd);
    binding.gsi = line;
    TRY_CONTEXT(call_with(vm_.get(), kIrqfd, binding), concat("interrupt ", line));
    return {};
}

Result<void> Vm::bind_notification(int eventfd, std::uint64_t address, std::uint32_t value) {
    kvm_ioeventfd binding{};
    binding.fd = eventfd;
    binding.addr = address;
    binding.len = sizeof(value);
    binding.datamatch = value;
    binding.flags = KVM_IOEVENTFD_FLAG_DATAMATCH;
    TRY_CONTEXT(call_with(vm_.get(), kIoeventfd, binding),
                concat("notification at ", hex(address)));
    return {};
}

Result<std::unique_ptr<Vcpu>> Vm::create_vcpu(std::uint32_t id) {
    UniqueFd vcpu(TRY_CONTEXT(call(vm_.get(), kCreateVcpu, id), concat("vCPU ", id)));
    return Vcpu::map(std::move(vcpu), run_size_);
}

}  // namespace bulkhead::kvm
