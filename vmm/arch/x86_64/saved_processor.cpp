#include "vmm/arch/x86_64/saved_processor.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/text.h"
#include "proto/snapshot.pb.h"
#include "vmm/arch/x86_64/saved_bytes.h"
#include "vmm/kvm/x86_64/vcpu_state.h"

namespace bulkhead::arch {

namespace {

using Saved = snapshot::v1::X86Processor;

constexpr std::uint32_t kTsc = 0x10;           // IA32_TIME_STAMP_COUNTER
constexpr std::uint32_t kTscDeadline = 0x6e0;  // IA32_TSC_DEADLINE
// KVM tells the same frequency with this tolerance, in parts of a million.
constexpr std::uint64_t kTscTolerance = 250;
constexpr int kMaxMsrs = 1024;

// Memory types, which KVM's list does not have. Intel SDM Vol. 3 §12.11.
std::vector<std::uint32_t> mtrr_indices() {
    std::vector<std::uint32_t> indices = {0x2ff, 0x250, 0x258, 0x259};
    for (std::uint32_t index = 0x268; index <= 0x26f; ++index) indices.push_back(index);
    for (std::uint32_t index = 0x200; index <= 0x20f; ++index) indices.push_back(index);
    return indices;
}

// A deadline counts from the time stamp counter, so that comes first and the deadline last.
std::vector<std::uint32_t> in_order(std::span<const std::uint32_t> indices) {
    std::vector<std::uint32_t> ordered = {kTsc};
    const auto others = [](std::uint32_t index) { return index != kTsc && index != kTscDeadline; };
    std::ranges::copy_if(indices, std::back_inserter(ordered), others);
    for (const std::uint32_t index : mtrr_indices()) {
        if (std::ranges::find(indices, index) == indices.end()) ordered.push_back(index);
    }
    ordered.push_back(kTscDeadline);
    return ordered;
}

std::string cpuid_bytes(std::span<const kvm_cpuid_entry2> cpuid) {
    std::string bytes;
    for (const kvm_cpuid_entry2& entry : cpuid) bytes += to_bytes(entry);
    return bytes;
}

Result<void> check_same_processor(const kvm::Vcpu& vcpu, std::span<const kvm_cpuid_entry2> cpuid,
                                  const Saved& saved) {
    if (saved.cpuid() != cpuid_bytes(cpuid))
        return Error("it was saved with processor features that this host does not offer alike");
    const std::uint64_t now = TRY(kvm::tsc_frequency(vcpu));
    const std::uint64_t then = saved.tsc_khz();
    const std::uint64_t difference = now > then ? now - then : then - now;
    if (difference * 1'000'000 > now * kTscTolerance) {
        return Error(concat("it was saved where the time stamp counter runs at ", then,
                            " kHz; here it is ", now));
    }
    return {};
}

std::vector<kvm_msr_entry> entries_of(const Saved& saved) {
    std::vector<kvm_msr_entry> entries;
    std::uint64_t tsc = 0;
    for (const auto& msr : saved.msrs()) {
        kvm_msr_entry entry{};
        entry.index = msr.index();
        entry.data = msr.value();
        if (entry.index == kTsc) tsc = entry.data;
        // A timer that had just fired may not have been delivered yet: it fires once more, which a
        // guest does not mind, while one that never does stops it.
        if (entry.index == kTscDeadline && entry.data == 0) entry.data = tsc;
        entries.push_back(entry);
    }
    return entries;
}

// KVM lists registers that it does not let this guest write. Those that have the value anyway do
// not matter.
Result<void> restore_msrs(const kvm::Vcpu& vcpu, std::span<const kvm_msr_entry> entries) {
    while (!entries.empty()) {
        const std::size_t taken = TRY(kvm::set_msrs_until_refused(vcpu, entries));
        if (taken >= entries.size()) return {};
        const kvm_msr_entry& next = entries[taken];
        entries = entries.subspan(taken);
        if (taken > 0) continue;  // it was only the end of what one call takes, or is refused next
        const auto value = TRY(kvm::msr(vcpu, next.index));
        if (value != std::optional(std::uint64_t{next.data})) {
            return Error(concat("KVM does not take ", hex(next.data), " for the register ",
                                hex(next.index)));
        }
        entries = entries.subspan(1);
    }
    return {};
}

// KVM takes a time stamp within a second of what it expects for an attempt to bring processors in
// step, and gives the one that it expects. That must be so between the vCPUs of a machine, which
// get the same value, but not between the first one and its creation a moment ago, when it was 0.
Result<void> part_from_creation(const kvm::Vcpu& vcpu, std::uint64_t tsc_khz,
                                std::span<const kvm_msr_entry> entries) {
    constexpr std::uint64_t kFarAwayMs = 60'000;
    if (entries.empty() || entries.front().index != kTsc) return Error("it has no time stamp");
    kvm_msr_entry far = entries.front();
    far.data += tsc_khz * kFarAwayMs;
    return kvm::set_msrs(vcpu, {&far, 1});
}

template <class State>
Result<void> put(const kvm::Vcpu& vcpu, const std::string& bytes, const char* what,
                 Result<void> (*set)(const kvm::Vcpu&, State)) {
    const auto state = TRY(from_bytes<State>(bytes, what));
    return set(vcpu, state);
}

// KVM gives none, and takes none back, where the processor has no XSAVE.
Result<void> restore_xcrs(const kvm::Vcpu& vcpu, kvm_xcrs value) {
    if (value.nr_xcrs == 0) return {};
    return kvm::set_extended_control_registers(vcpu, value);
}

}  // namespace

Result<std::string> save_vcpu(const kvm::Vcpu& vcpu, std::span<const kvm_cpuid_entry2> cpuid,
                              std::span<const std::uint32_t> indices) {
    Saved saved;
    saved.set_cpuid(cpuid_bytes(cpuid));
    saved.set_tsc_khz(TRY(kvm::tsc_frequency(vcpu)));
    // First, since reading it makes KVM settle what start-up interrupts are on their way.
    saved.set_run_state(to_bytes(TRY(kvm::run_state(vcpu))));
    saved.set_registers(to_bytes(TRY(kvm::registers(vcpu))));
    saved.set_special_registers(to_bytes(TRY(kvm::special_registers(vcpu))));
    saved.set_xsave(to_bytes(TRY(kvm::xsave_area(vcpu))));
    saved.set_extended_control_registers(to_bytes(TRY(kvm::extended_control_registers(vcpu))));
    saved.set_debug_registers(to_bytes(TRY(kvm::debug_registers(vcpu))));
    saved.set_local_apic(to_bytes(TRY(kvm::local_apic(vcpu))));
    for (const kvm_msr_entry& entry : TRY(kvm::msrs(vcpu, in_order(indices)))) {
        auto& msr = *saved.add_msrs();
        msr.set_index(entry.index);
        msr.set_value(entry.data);
    }
    saved.set_events(to_bytes(TRY(kvm::events(vcpu))));
    return saved.SerializeAsString();
}

Result<void> restore_vcpu(const kvm::Vcpu& vcpu, unsigned index,
                          std::span<const kvm_cpuid_entry2> cpuid, const std::string& bytes) {
    Saved saved;
    if (!saved.ParseFromString(bytes) || saved.msrs_size() > kMaxMsrs)
        return Error("it holds no processor");
    TRY(check_same_processor(vcpu, cpuid, saved));
    TRY(put(vcpu, saved.run_state(), "run state", kvm::set_run_state));
    TRY(put(vcpu, saved.registers(), "registers", kvm::set_registers));
    TRY(put(vcpu, saved.special_registers(), "special registers", kvm::set_special_registers));
    TRY(put(vcpu, saved.xsave(), "XSAVE area", kvm::set_xsave_area));
    TRY(put(vcpu, saved.extended_control_registers(), "extended control registers", restore_xcrs));
    TRY(put(vcpu, saved.debug_registers(), "debug registers", kvm::set_debug_registers));
    // Its base address and mode are special registers; its timer is one of the MSRs.
    TRY(put(vcpu, saved.local_apic(), "local APIC", kvm::set_local_apic));
    const auto msrs = entries_of(saved);
    if (index == 0) TRY(part_from_creation(vcpu, saved.tsc_khz(), msrs));
    TRY(restore_msrs(vcpu, msrs));
    TRY(put(vcpu, saved.events(), "events", kvm::set_events));
    // The guest's watchdogs must not take the time in the file for a hang.
    kvm::mark_paused(vcpu);
    return {};
}

}  // namespace bulkhead::arch
