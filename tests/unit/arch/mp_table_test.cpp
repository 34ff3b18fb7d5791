#include "vmm/arch/x86_64/mp_table.h"

#include <cstring>
#include <map>
#include <set>
#include <span>
#include <string_view>

#include <catch2/catch.hpp>

#include "base/wire.h"
#include "vmm/arch/x86_64/layout.h"

namespace bulkhead::arch {
namespace {

using Bytes = std::span<const std::byte>;

unsigned byte_sum(Bytes bytes) {
    unsigned sum = 0;
    for (const std::byte byte : bytes) sum += std::to_integer<unsigned>(byte);
    return sum & 0xff;
}

template <class T>
T load(Bytes bytes, std::size_t at) {
    return load_le<T>(bytes.subspan(at).first<sizeof(T)>());
}

bool starts_with(Bytes bytes, std::string_view text) {
    return std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

// The entries by type, read as Linux reads them: by each type's fixed length.
std::map<unsigned, std::vector<std::vector<std::byte>>> entries_of(Bytes table) {
    std::map<unsigned, std::vector<std::vector<std::byte>>> entries;
    const auto count = load<std::uint16_t>(table, 34);
    Bytes rest = table.subspan(44);
    for (unsigned i = 0; i < count; ++i) {
        const auto type = std::to_integer<unsigned>(rest[0]);
        const std::size_t size = type == 0 ? 20 : 8;
        entries[type].emplace_back(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
        rest = rest.subspan(size);
    }
    CHECK(rest.empty());
    return entries;
}

TEST_CASE("signatures, lengths and checksums are right for every number of vCPUs") {
    for (unsigned vcpus = 1; vcpus <= 32; ++vcpus) {
        const auto bytes = make_mp_table(kMpTable, vcpus);
        const Bytes pointer = Bytes(bytes).first(16);
        const Bytes table = Bytes(bytes).subspan(16);
        CHECK(starts_with(pointer, "_MP_"));
        CHECK(load<std::uint32_t>(pointer, 4) == kMpTable + 16);
        CHECK(byte_sum(pointer) == 0);
        CHECK(starts_with(table, "PCMP"));
        CHECK(load<std::uint16_t>(table, 4) == table.size());
        CHECK(byte_sum(table) == 0);
        CHECK(bytes.size() <= kMpTableLimit - kMpTable);
    }
}

TEST_CASE("there is one processor for each vCPU, the first of which boots") {
    const auto bytes = make_mp_table(kMpTable, 32);
    const auto processors = entries_of(Bytes(bytes).subspan(16))[0];
    REQUIRE(processors.size() == 32);
    for (std::size_t id = 0; id < processors.size(); ++id) {
        CHECK(std::to_integer<unsigned>(processors[id][1]) == id);
        CHECK(std::to_integer<unsigned>(processors[id][3]) == (id == 0 ? 3 : 1));
    }
}

TEST_CASE("every pin of the IO-APIC is an edge-triggered ISA line of the same number") {
    const auto bytes = make_mp_table(kMpTable, 2);
    auto entries = entries_of(Bytes(bytes).subspan(16));
    REQUIRE(entries[2].size() == 1);
    const std::byte io_apic = entries[2][0][1];
    CHECK(std::to_integer<unsigned>(io_apic) == 2);  // the first id that no vCPU has
    CHECK(load<std::uint32_t>(entries[2][0], 4) == 0xfec0'0000);
    REQUIRE(entries[3].size() == 24);
    for (std::size_t pin = 0; pin < 24; ++pin) {
        const auto& entry = entries[3][pin];
        CHECK(load<std::uint16_t>(entry, 2) == 0);  // polarity and trigger of the bus
        CHECK(std::to_integer<unsigned>(entry[5]) == pin);
        CHECK(entry[6] == io_apic);
        CHECK(std::to_integer<unsigned>(entry[7]) == pin);
    }
    CHECK(entries[4].size() == 2);
}

}  // namespace
}  // namespace bulkhead::arch
