#include "vmm/arch/x86_64/boot_state.h"

#include <cstdint>
#include <cstring>

namespace bulkhead::arch {

namespace {

constexpr std::uint64_t kProtectedMode = 1 << 0;  // CR0.PE
constexpr std::uint64_t kExtensionType = 1 << 4;  // CR0.ET, always one
constexpr std::uint64_t kFlagsAlwaysOne = 1 << 1;

// Segment types, Intel SDM Vol. 3 §3.4.5.1 and §3.5.
constexpr std::uint8_t kDataReadWrite = 0x3;
constexpr std::uint8_t kCodeReadExecute = 0xb;
constexpr std::uint8_t kBusyTask32 = 0xb;

kvm_segment flat_segment(std::uint8_t type, std::uint16_t selector) {
    kvm_segment segment{};
    segment.limit = 0xffff'ffff;
    segment.selector = selector;
    segment.type = type;
    segment.present = 1;
    segment.db = 1;  // 32-bit
    segment.s = 1;   // code or data
    segment.g = 1;   // limit in pages
    return segment;
}

kvm_segment task_segment() {
    kvm_segment segment{};
    segment.limit = 0x67;  // the smallest that a task state segment may have
    segment.type = kBusyTask32;
    segment.present = 1;
    return segment;
}

}  // namespace

kvm_sregs pvh_special_registers(kvm_sregs value) {
    value.cs = flat_segment(kCodeReadExecute, 0x8);
    value.ds = flat_segment(kDataReadWrite, 0x10);
    value.es = value.fs = value.gs = value.ss = value.ds;
    value.tr = task_segment();
    value.cr0 = kProtectedMode | kExtensionType;
    value.cr4 = 0;
    value.efer = 0;
    return value;
}

kvm_regs pvh_registers(const EntryState& entry) {
    kvm_regs value{};
    value.rip = raw(entry.instruction);
    value.rbx = raw(entry.boot_data);
    value.rflags = kFlagsAlwaysOne;
    return value;
}

std::vector<kvm_msr_entry> boot_msrs() {
    constexpr std::uint32_t kMiscEnable = 0x1a0;  // IA32_MISC_ENABLE
    constexpr std::uint64_t kFastStrings = 1 << 0;
    constexpr std::uint32_t kMtrrDefaultType = 0x2ff;  // IA32_MTRR_DEF_TYPE
    constexpr std::uint64_t kMtrrEnable = 1 << 11;
    constexpr std::uint64_t kWriteBack = 6;

    std::vector<kvm_msr_entry> entries(2);
    entries[0].index = kMiscEnable;
    entries[0].data = kFastStrings;
    entries[1].index = kMtrrDefaultType;
    entries[1].data = kMtrrEnable | kWriteBack;
    return entries;
}

kvm_lapic_state connect_legacy_inputs(kvm_lapic_state value) {
    constexpr std::size_t kLint0 = 0x350;
    constexpr std::size_t kLint1 = 0x360;
    constexpr std::uint32_t kDeliverNmi = 4 << 8;
    constexpr std::uint32_t kDeliverExternal = 7 << 8;
    std::memcpy(value.regs + kLint0, &kDeliverExternal, sizeof(kDeliverExternal));
    std::memcpy(value.regs + kLint1, &kDeliverNmi, sizeof(kDeliverNmi));
    return value;
}

}  // namespace bulkhead::arch
