// The MultiProcessor table: the kernel's only description of processors and interrupt lines, in
// place of ACPI. Intel MultiProcessor Specification 1.4, §4. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bulkhead::arch {

// The floating pointer structure followed by the configuration table, to be put at `address`
// (below 1 MiB, a multiple of 16). APIC ids are the vCPUs' numbers; the IO-APIC's comes after them.
std::vector<std::byte> make_mp_table(std::uint32_t address, unsigned vcpus);

}  // namespace bulkhead::arch
