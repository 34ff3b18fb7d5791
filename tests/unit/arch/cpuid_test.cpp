#include "vmm/arch/x86_64/cpuid.h"

#include <asm/kvm_para.h>

#include <algorithm>
#include <optional>

#include <catch2/catch.hpp>

namespace bulkhead::arch {
namespace {

using Entries = std::vector<kvm_cpuid_entry2>;

kvm_cpuid_entry2 ones(std::uint32_t function, std::uint32_t index = 0) {
    kvm_cpuid_entry2 entry{};
    entry.function = function;
    entry.index = index;
    entry.eax = entry.ebx = entry.ecx = entry.edx = 0xffff'ffff;
    return entry;
}

// The vendor leaf: EBX has the first four letters.
kvm_cpuid_entry2 vendor(std::uint32_t first_letters) {
    kvm_cpuid_entry2 entry{};
    entry.eax = 0x1f;
    entry.ebx = first_letters;
    return entry;
}

constexpr std::uint32_t kIntel = 0x756e'6547;
constexpr std::uint32_t kAmd = 0x6874'7541;

std::optional<kvm_cpuid_entry2> find(const Entries& entries, std::uint32_t function,
                                     std::uint32_t index = 0) {
    const auto at = std::ranges::find_if(entries, [&](const kvm_cpuid_entry2& entry) {
        return entry.function == function && entry.index == index;
    });
    if (at == entries.end()) return std::nullopt;
    return *at;
}

kvm_cpuid_entry2 patched(std::uint32_t function, unsigned vcpus = 1, std::uint32_t index = 0,
                         std::uint32_t maker = kIntel) {
    const auto entry =
        find(guest_cpuid({vendor(maker), ones(function, index)}, vcpus), function, index);
    REQUIRE(entry);
    return *entry;
}

bool has(std::uint32_t value, unsigned bit) {
    return ((value >> bit) & 1) != 0;
}

TEST_CASE("the basic features say hypervisor and TSC deadline, and hide VMX and the like") {
    const std::uint32_t ecx = patched(1).ecx;
    CHECK(has(ecx, 31));
    CHECK(has(ecx, 24));
    CHECK(has(ecx, 21));  // x2APIC
    for (const unsigned hidden : {2U, 3U, 4U, 5U, 6U, 7U, 8U, 15U}) CHECK_FALSE(has(ecx, hidden));
}

TEST_CASE("nested virtualization, performance counters and TOPOEXT are hidden on AMD") {
    const std::uint32_t ecx = patched(0x8000'0001, 1, 0, kAmd).ecx;
    for (const unsigned hidden : {2U, 12U, 22U, 23U, 24U, 28U}) CHECK_FALSE(has(ecx, hidden));
}

TEST_CASE("whole leaves of what a guest does not get are gone") {
    Entries offered{vendor(kIntel)};
    const std::vector<std::uint32_t> hidden{0x5,         0xa,         0x12,        0x14,
                                            0x1d,        0x1e,        0x1f,        0x8000'000a,
                                            0x8000'001d, 0x8000'001e, 0x8000'001f, 0x8000'0022};
    for (const std::uint32_t function : hidden) offered.push_back(ones(function));
    offered.push_back(ones(0xd, 17));
    offered.push_back(ones(0xd, 18));
    const Entries entries = guest_cpuid(offered, 2);
    for (const std::uint32_t function : hidden) CHECK_FALSE(find(entries, function));
    CHECK_FALSE(find(entries, 0xd, 17));
    CHECK_FALSE(find(entries, 0xd, 18));
}

TEST_CASE("AMX is hidden wherever it shows, and AVX state is not") {
    const std::uint32_t edx = patched(7).edx;
    for (const unsigned hidden : {22U, 24U, 25U}) CHECK_FALSE(has(edx, hidden));
    CHECK_FALSE(has(patched(7, 1, 1).eax, 21));
    const std::uint32_t components = patched(0xd).eax;
    CHECK_FALSE(has(components, 17));
    CHECK_FALSE(has(components, 18));
    CHECK(has(components, 2));
    CHECK(patched(0xd, 1, 2).eax == 0xffff'ffff);
}

TEST_CASE("of power management only the always running timer is left") {
    const auto entry = patched(6);
    CHECK(entry.eax == 0x4);
    CHECK(entry.ecx == 0);
}

TEST_CASE("asynchronous page faults are off, the clock stays") {
    const std::uint32_t features = patched(KVM_CPUID_FEATURES).eax;
    CHECK_FALSE(has(features, KVM_FEATURE_ASYNC_PF));
    CHECK_FALSE(has(features, KVM_FEATURE_ASYNC_PF_INT));
    CHECK_FALSE(has(features, KVM_FEATURE_ASYNC_PF_VMEXIT));
    CHECK(has(features, KVM_FEATURE_CLOCKSOURCE2));
}

TEST_CASE("topology: one package, one thread for each core, ids that fit") {
    struct Expected {
        unsigned vcpus;
        std::uint32_t bits;
    };

    const auto [vcpus, bits] =
        GENERATE(values<Expected>({{1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 3}, {31, 5}, {32, 5}}));
    const Entries entries = guest_cpuid({vendor(kIntel), ones(1), ones(0xb), ones(0xb, 1)}, vcpus);
    const auto threads = find(entries, 0xb, 0);
    const auto cores = find(entries, 0xb, 1);
    const auto end = find(entries, 0xb, 2);
    REQUIRE((threads && cores && end));
    CHECK(threads->eax == 0);
    CHECK(threads->ebx == 1);
    CHECK(threads->ecx == 0x100);
    CHECK(cores->eax == bits);
    CHECK(cores->ebx == vcpus);
    CHECK(cores->ecx == 0x201);
    CHECK(end->ebx == 0);
    CHECK(((find(entries, 1)->ebx >> 16) & 0xff) == 1U << bits);
    CHECK(has(find(entries, 1)->edx, 28) == (vcpus > 1));
}

TEST_CASE("each vCPU has its own APIC id in both places") {
    Entries entries = guest_cpuid({vendor(kIntel), ones(1)}, 32);
    set_apic_id(entries, 31);
    CHECK(find(entries, 1)->ebx >> 24 == 31);
    for (const std::uint32_t level : {0U, 1U, 2U}) CHECK(find(entries, 0xb, level)->edx == 31);
    set_apic_id(entries, 0);
    CHECK(find(entries, 1)->ebx >> 24 == 0);
}

TEST_CASE("Intel caches: the last level is shared by all cores, the others by none") {
    kvm_cpuid_entry2 level1 = ones(4, 0);
    level1.eax = 0xffff'c000 | (1 << 5) | 1;
    kvm_cpuid_entry2 level3 = ones(4, 3);
    level3.eax = 0xffff'c000 | (3 << 5) | 3;
    kvm_cpuid_entry2 last = ones(4, 4);
    last.eax = 0;
    const Entries entries = guest_cpuid({vendor(kIntel), level1, level3, last}, 4);
    CHECK(((find(entries, 4, 0)->eax >> 14) & 0xfff) == 0);
    CHECK(((find(entries, 4, 3)->eax >> 14) & 0xfff) == 3);
    CHECK(find(entries, 4, 0)->eax >> 26 == 3);
    CHECK((find(entries, 4, 3)->eax & 0x3fff) == ((3 << 5) | 3));
    CHECK(find(entries, 4, 4)->eax == 0);
}

TEST_CASE("AMD counts its cores in its own leaves, Intel leaves them alone") {
    CHECK(patched(0x8000'0008, 4, 0, kAmd).ecx == ((2 << 12) | 3));
    CHECK(has(patched(0x8000'0001, 4, 0, kAmd).ecx, 1));
    CHECK_FALSE(has(patched(0x8000'0001, 1, 0, kAmd).ecx, 1));
    CHECK(patched(0x8000'0008, 4, 0, kIntel).ecx == 0xffff'ffff);
}

}  // namespace
}  // namespace bulkhead::arch
