#include "vmm/arch/x86_64/start_info.h"

#include "base/check.h"
#include "base/wire.h"
#include "vmm/arch/x86_64/layout.h"

namespace bulkhead::arch {

namespace {

constexpr std::uint32_t kMagic = 0x336e'c578;
constexpr std::uint32_t kVersion = 1;  // the first with a memory map

Result<void> write_bytes(const memory::GuestMemory& memory, std::uint64_t address,
                         std::span<const std::byte> bytes) {
    if (!memory.write_bytes(memory::GuestAddress{address}, bytes)) {
        return Error("guest memory is too small for the boot tables");
    }
    return {};
}

// hvm_memmap_table_entry
std::vector<std::byte> encode(std::span<const MemoryMapEntry> map) {
    ByteWriter writer;
    for (const MemoryMapEntry& entry : map) {
        writer.write(entry.start);
        writer.write(entry.size);
        writer.write(static_cast<std::uint32_t>(entry.type));
        writer.write(std::uint32_t{0});
    }
    BULKHEAD_CHECK(kMemoryMap + writer.size() <= kCommandLine);
    return std::move(writer).take();
}

// hvm_modlist_entry
std::vector<std::byte> encode_module(const memory::GuestMemory::Range& module) {
    ByteWriter writer;
    writer.write(raw(module.start));
    writer.write(module.size);
    writer.write(std::uint64_t{0});  // no command line of its own
    writer.write(std::uint64_t{0});
    return std::move(writer).take();
}

std::vector<std::byte> encode(const StartInfo& info) {
    ByteWriter writer;
    writer.write(kMagic);
    writer.write(kVersion);
    writer.write(std::uint32_t{0});  // flags
    writer.write(std::uint32_t{info.initrd ? 1U : 0U});
    writer.write(std::uint64_t{kModuleList});
    writer.write(std::uint64_t{kCommandLine});
    writer.write(std::uint64_t{0});  // no ACPI tables
    writer.write(std::uint64_t{kMemoryMap});
    writer.write(static_cast<std::uint32_t>(info.memory_map.size()));
    writer.write(std::uint32_t{0});
    return std::move(writer).take();
}

}  // namespace

Result<memory::GuestAddress> write_start_info(const memory::GuestMemory& memory,
                                              const StartInfo& info) {
    TRY(write_bytes(memory, kMemoryMap, encode(info.memory_map)));
    if (info.initrd) TRY(write_bytes(memory, kModuleList, encode_module(*info.initrd)));
    const std::string& line = info.command_line;  // with its final zero:
    TRY(write_bytes(memory, kCommandLine, std::as_bytes(std::span(line.c_str(), line.size() + 1))));
    TRY(write_bytes(memory, kStartInfo, encode(info)));
    return memory::GuestAddress{kStartInfo};
}

}  // namespace bulkhead::arch
