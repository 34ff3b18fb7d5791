#include "tests/integration/vmm/raw_guest.h"

#include <sys/mman.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/support/elf_file.h"

namespace bulkhead::test {

UniqueFd raw_guest(std::initializer_list<std::uint8_t> code) {
    constexpr std::uint32_t kAddress = 0x100'0000;
    std::vector<std::byte> bytes;
    for (const std::uint8_t byte : code) bytes.push_back(std::byte{byte});
    ElfFile elf;
    elf.add_segment(kAddress, bytes, 0x1000);
    elf.add_entry(kAddress);
    UniqueFd file(::memfd_create("raw-guest", MFD_CLOEXEC));
    REQUIRE(pwrite_full(file.get(), elf.bytes(), 0));
    return file;
}

}  // namespace bulkhead::test
