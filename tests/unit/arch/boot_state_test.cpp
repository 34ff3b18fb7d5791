#include "vmm/arch/x86_64/boot_state.h"

#include <cstring>

#include <catch2/catch.hpp>

namespace bulkhead::arch {
namespace {

// Xen: docs/misc/pvh.pandoc, "PVH entry point".
TEST_CASE("a PVH kernel starts in 32-bit protected mode with flat segments and no paging") {
    const kvm_sregs state = pvh_special_registers({});
    CHECK(state.cr0 == 0x11);
    CHECK(state.cr4 == 0);
    CHECK(state.efer == 0);
    CHECK(state.cs.base == 0);
    CHECK(state.cs.limit == 0xffff'ffff);
    CHECK(state.cs.db == 1);
    CHECK(state.cs.l == 0);
    CHECK(state.ds.type == 0x3);
    CHECK(state.es.limit == 0xffff'ffff);
    CHECK(state.tr.limit == 0x67);
    CHECK(state.tr.type == 0xb);
}

TEST_CASE("what KVM chose for the other special registers stays") {
    kvm_sregs created{};
    created.apic_base = 0xfee0'0900;
    CHECK(pvh_special_registers(created).apic_base == 0xfee0'0900);
}

TEST_CASE("the kernel finds its start info in rbx and interrupts off") {
    const kvm_regs state = pvh_registers({.instruction = memory::GuestAddress{0x100'0010},
                                          .boot_data = memory::GuestAddress{0x6000}});
    CHECK(state.rip == 0x100'0010);
    CHECK(state.rbx == 0x6000);
    CHECK(state.rflags == 0x2);
}

TEST_CASE("memory is write-back by default") {
    bool found = false;
    for (const kvm_msr_entry& entry : boot_msrs()) {
        if (entry.index != 0x2ff) continue;
        found = true;
        CHECK(entry.data == 0x806);
    }
    CHECK(found);
}

TEST_CASE("LINT0 takes external interrupts and LINT1 the NMI, unmasked") {
    kvm_lapic_state reset{};
    const std::uint32_t masked = 0x1'0000;
    std::memcpy(reset.regs + 0x350, &masked, sizeof(masked));
    std::memcpy(reset.regs + 0x360, &masked, sizeof(masked));
    const kvm_lapic_state state = connect_legacy_inputs(reset);
    std::uint32_t value = 0;
    std::memcpy(&value, state.regs + 0x350, sizeof(value));
    CHECK(value == 0x700);
    std::memcpy(&value, state.regs + 0x360, sizeof(value));
    CHECK(value == 0x400);
}

}  // namespace
}  // namespace bulkhead::arch
