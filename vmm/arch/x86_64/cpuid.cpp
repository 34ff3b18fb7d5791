#include "vmm/arch/x86_64/cpuid.h"

#include <asm/kvm_para.h>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace bulkhead::arch {

namespace {

using Entry = kvm_cpuid_entry2;

constexpr std::uint32_t bit(unsigned number) {
    return std::uint32_t{1} << number;
}

constexpr std::uint32_t kTopologyLeaf = 0xb;
constexpr std::uint32_t kTopologyLeafV2 = 0x1f;

// Leaves that are answered with zeros, as by a processor without the feature.
constexpr bool is_hidden(const Entry& entry) {
    switch (entry.function) {
        case 0x5:          // MONITOR/MWAIT
        case 0xa:          // performance counters
        case 0x12:         // SGX
        case 0x14:         // processor trace
        case 0x1d:         // AMX tiles
        case 0x1e:         // AMX multiplication
        case 0x8000'000a:  // SVM
        case 0x8000'001d:  // cache topology, only with TOPOEXT
        case 0x8000'001e:  // extended APIC id, only with TOPOEXT
        case 0x8000'001f:  // SEV
        case 0x8000'0022:  // performance counters, version 2
        case kTopologyLeaf:
        case kTopologyLeafV2:  // both replaced by add_topology()
            return true;
        case 0xd:  // AMX state components
            return entry.index == 17 || entry.index == 18;
        default:
            return false;
    }
}

// How many bits of the APIC id number the cores.
unsigned core_bits(unsigned vcpus) {
    const unsigned bits = std::bit_width(vcpus - 1);
    return bits;
}

void set_basic_features(Entry& entry, unsigned vcpus) {
    constexpr std::uint32_t kHidden = bit(2) | bit(3) | bit(4) |  // DTES64, MONITOR, DS-CPL
                                      bit(5) | bit(6) |           // VMX, SMX
                                      bit(7) | bit(8) |           // EIST, thermal monitor 2
                                      bit(15);                    // PDCM: performance capabilities
    constexpr std::uint32_t kTscDeadline = bit(24);
    constexpr std::uint32_t kHypervisor = bit(31);
    constexpr std::uint32_t kHyperThreading =
        bit(28);  // "the count of logical processors is valid"
    entry.ecx = (entry.ecx & ~kHidden) | kTscDeadline | kHypervisor;
    entry.edx = vcpus > 1 ? entry.edx | kHyperThreading : entry.edx & ~kHyperThreading;
    const std::uint32_t logical = std::uint32_t{1} << core_bits(vcpus);
    entry.ebx = (entry.ebx & 0x0000'ffff) | (logical << 16);  // the APIC id comes later
}

// Intel: who shares each cache.
void set_cache_sharing(Entry& entry, unsigned vcpus) {
    const std::uint32_t type = entry.eax & 0x1f;
    if (type == 0) return;  // the end of the list
    const std::uint32_t cores = (std::uint32_t{1} << core_bits(vcpus)) - 1;
    const std::uint32_t level = (entry.eax >> 5) & 0x7;
    const std::uint32_t sharing = level >= 3 ? cores : 0;
    entry.eax = (entry.eax & 0x3fff) | (sharing << 14) | (cores << 26);
}

void set_power_management(Entry& entry) {
    constexpr std::uint32_t kAlwaysRunningApicTimer = bit(2);
    entry.eax &= kAlwaysRunningApicTimer;
    entry.ebx = entry.ecx = entry.edx = 0;
}

void set_extended_features(Entry& entry) {
    if (entry.index == 0) {
        constexpr std::uint32_t kSgx = bit(2);
        constexpr std::uint32_t kWaitPkg = bit(5);
        constexpr std::uint32_t kSgxLaunch = bit(30);
        constexpr std::uint32_t kAmx = bit(22) | bit(24) | bit(25);  // BF16, TILE, INT8
        entry.ebx &= ~kSgx;
        entry.ecx &= ~(kWaitPkg | kSgxLaunch);
        entry.edx &= ~kAmx;
    } else if (entry.index == 1) {
        constexpr std::uint32_t kAmxFp16 = bit(21);
        entry.eax &= ~kAmxFp16;
    }
}

void set_state_components(Entry& entry) {
    constexpr std::uint32_t kAmxState = bit(17) | bit(18);
    if (entry.index == 0) entry.eax &= ~kAmxState;
}

void set_paravirtual_features(Entry& entry) {
    entry.eax &= ~(bit(KVM_FEATURE_ASYNC_PF) | bit(KVM_FEATURE_ASYNC_PF_VMEXIT) |
                   bit(KVM_FEATURE_ASYNC_PF_INT));
}

// The rest of these leaves is reserved on Intel, and these bits are zero there.
void set_amd_features(Entry& entry) {
    // SVM, SKINIT, TOPOEXT, performance counters (core, north bridge, last-level cache)
    constexpr std::uint32_t kHidden = bit(2) | bit(12) | bit(22) | bit(23) | bit(24) | bit(28);
    entry.ecx &= ~kHidden;
}

// AMD without TOPOEXT: cores in the package, and the bits of the APIC id that number them.
void set_amd_topology(std::vector<Entry>& entries, unsigned vcpus) {
    constexpr std::uint32_t kCmpLegacy = bit(1);
    for (Entry& entry : entries) {
        if (entry.function == 0x8000'0001) {
            entry.ecx = vcpus > 1 ? entry.ecx | kCmpLegacy : entry.ecx & ~kCmpLegacy;
        } else if (entry.function == 0x8000'0008) {
            entry.ecx = (core_bits(vcpus) << 12) | (vcpus - 1);
        }
    }
}

// AMD's and its licensee Hygon's processors, by the first four letters of their names.
bool is_amd(const std::vector<Entry>& entries) {
    constexpr std::uint32_t kAuthenticAmd = 0x6874'7541;
    constexpr std::uint32_t kHygonGenuine = 0x6f67'7948;
    return std::ranges::any_of(entries, [](const Entry& entry) {
        return entry.function == 0 && (entry.ebx == kAuthenticAmd || entry.ebx == kHygonGenuine);
    });
}

void patch(Entry& entry, unsigned vcpus) {
    switch (entry.function) {
        case 0x1:
            return set_basic_features(entry, vcpus);
        case 0x4:
            return set_cache_sharing(entry, vcpus);
        case 0x6:
            return set_power_management(entry);
        case 0x7:
            return set_extended_features(entry);
        case 0xd:
            return set_state_components(entry);
        case KVM_CPUID_FEATURES:
            return set_paravirtual_features(entry);
        case 0x8000'0001:
            return set_amd_features(entry);
        default:
            return;
    }
}

Entry topology_level(std::uint32_t index, std::uint32_t type, std::uint32_t shift,
                     std::uint32_t processors) {
    Entry entry{};
    entry.function = kTopologyLeaf;
    entry.index = index;
    entry.flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
    entry.eax = shift;
    entry.ebx = processors;
    entry.ecx = (type << 8) | index;
    return entry;
}

void add_topology(std::vector<Entry>& entries, unsigned vcpus) {
    constexpr std::uint32_t kEnd = 0;
    constexpr std::uint32_t kThreads = 1;
    constexpr std::uint32_t kCores = 2;
    entries.push_back(topology_level(0, kThreads, 0, 1));
    entries.push_back(topology_level(1, kCores, core_bits(vcpus), vcpus));
    entries.push_back(topology_level(2, kEnd, 0, 0));
}

}  // namespace

std::vector<Entry> guest_cpuid(std::vector<Entry> offered, unsigned vcpus) {
    std::erase_if(offered, is_hidden);
    for (Entry& entry : offered) patch(entry, vcpus);
    if (is_amd(offered)) set_amd_topology(offered, vcpus);
    add_topology(offered, vcpus);
    return offered;
}

void set_apic_id(std::vector<Entry>& entries, unsigned id) {
    for (Entry& entry : entries) {
        if (entry.function == 0x1) entry.ebx = (entry.ebx & 0x00ff'ffff) | (id << 24);
        if (entry.function == kTopologyLeaf) entry.edx = id;
    }
}

}  // namespace bulkhead::arch
