// The guest-physical address map and interrupt lines of an x86-64 machine, with the reason for each
// place.
//
//     0x0000'6000  hvm_start_info, its memory map and module list: below 64 KiB, which Linux never
//                  allocates from
//     0x0002'0000  kernel command line
//     0x0009'fc00  end of base memory; from here to 1 MiB nothing is usable RAM, as on a PC
//     0x000f'0000  MP table, in the area that Linux searches for it
//     0x0010'0000  kernel (where its ELF says), further up the RAM disk
//     0xc000'0000  end of RAM below 4 GiB, at most; then the gap for devices:
//     0xd000'0000    virtio-mmio windows, 4 KiB each
//     0xfec0'0000    IO-APIC
//     0xfee0'0000    local APICs
//     0xfffb'c000    KVM's identity map (one page) and task state segment (three pages), where a
//                    PC has its firmware
//   0x1'0000'0000  the rest of RAM
#pragma once

#include <cstdint>

namespace bulkhead::arch {

inline constexpr std::uint64_t kMiB = 1024 * 1024;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

inline constexpr std::uint64_t kStartInfo = 0x6000;
inline constexpr std::uint64_t kModuleList = 0x6100;
inline constexpr std::uint64_t kMemoryMap = 0x6200;
inline constexpr std::uint64_t kCommandLine = 0x2'0000;
inline constexpr std::uint64_t kBaseMemoryEnd = 0x9'fc00;
inline constexpr std::uint64_t kMpTable = 0xf'0000;
inline constexpr std::uint64_t kMpTableLimit = 0x10'0000;
inline constexpr std::uint64_t kKernelLowest = 0x10'0000;

inline constexpr std::uint64_t kGapStart = 3 * kGiB;
inline constexpr std::uint64_t kGapEnd = 4 * kGiB;
inline constexpr std::uint64_t kDeviceWindows = 0xd000'0000;
inline constexpr std::uint64_t kDeviceWindowBytes = 0x1000;
inline constexpr std::uint32_t kIoApic = 0xfec0'0000;
inline constexpr std::uint32_t kLocalApic = 0xfee0'0000;
inline constexpr std::uint32_t kIdentityMap = 0xfffb'c000;
inline constexpr std::uint32_t kTaskStateSegment = 0xfffb'd000;

// Interrupt lines are the IO-APIC's pins. Below the console's are those that a PC's own parts have.
inline constexpr std::uint32_t kConsoleInterrupt = 4;
inline constexpr std::uint32_t kFirstDeviceInterrupt = 5;
inline constexpr std::uint32_t kIoApicPins = 24;

inline constexpr std::uint64_t kConsolePort = 0x3f8;  // COM1, Linux's ttyS0

}  // namespace bulkhead::arch
