#include "vmm/kvm/x86_64/flexible_array.h"

#include <array>

#include <catch2/catch.hpp>

namespace bulkhead::kvm {
namespace {

TEST_CASE("entries lie right behind the eight bytes of count and padding") {
    std::array<kvm_msr_entry, 2> entries{};
    entries[0].index = 0x1111'1111;
    entries[1].data = 0x2222'2222'2222'2222;
    FlexibleArray<kvm_msr_entry> array(entries);
    const auto* bytes = static_cast<const std::byte*>(array.argument());
    std::uint32_t word = 0;
    std::memcpy(&word, bytes, sizeof(word));
    CHECK(word == 2);
    std::memcpy(&word, bytes + 8, sizeof(word));
    CHECK(word == 0x1111'1111);
    std::memcpy(&word, bytes + 8 + sizeof(kvm_msr_entry) + 8, sizeof(word));
    CHECK(word == 0x2222'2222);
}

TEST_CASE("entries that the kernel counts come back") {
    FlexibleArray<kvm_cpuid_entry2> array(8);
    CHECK(array.entries().size() == 8);
    const std::uint32_t count = 1;
    std::memcpy(array.argument(), &count, sizeof(count));
    CHECK(array.entries().size() == 1);
}

// The kernel's headers give other numbers in C++ (see flexible_array.h).
TEST_CASE("the request numbers are those of the kernel's interface") {
    CHECK(flexible_request(_IOC_READ | _IOC_WRITE, 0x05, "").code == 0xc008ae05);
    CHECK(flexible_request(_IOC_WRITE, 0x89, "").code == 0x4008ae89);
    CHECK(flexible_request(_IOC_WRITE, 0x90, "").code == 0x4008ae90);
}

}  // namespace
}  // namespace bulkhead::kvm
