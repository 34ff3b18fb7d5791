#include "vmm/arch/x86_64/mp_table.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "base/check.h"
#include "base/wire.h"
#include "vmm/arch/x86_64/layout.h"

namespace bulkhead::arch {

namespace {

constexpr std::uint8_t kSpecRevision = 4;  // 1.4
constexpr std::uint8_t kIsaBus = 0;
constexpr std::uint8_t kAllLocalApics = 0xff;

// §4.3: entry types.
constexpr std::uint8_t kProcessor = 0;
constexpr std::uint8_t kBus = 1;
constexpr std::uint8_t kIoApicEntry = 2;
constexpr std::uint8_t kIoInterrupt = 3;
constexpr std::uint8_t kLocalInterrupt = 4;

// §4.3.4: interrupt types.
constexpr std::uint8_t kVectored = 0;
constexpr std::uint8_t kNmi = 1;
constexpr std::uint8_t kExternal = 3;

// Polarity and trigger as the bus has them: an ISA bus is active high, edge-triggered.
constexpr std::uint16_t kConformsToBus = 0;

constexpr std::uint8_t kLocalApicVersion = 0x14;
constexpr std::uint8_t kIoApicVersion = 0x11;

void write_text(ByteWriter& writer, std::string_view text) {
    writer.write(std::as_bytes(std::span(text)));
}

// §4: all bytes of a structure, its checksum included, add up to zero.
std::uint8_t checksum(std::span<const std::byte> bytes) {
    unsigned sum = 0;
    for (const std::byte byte : bytes) sum += std::to_integer<unsigned>(byte);
    return static_cast<std::uint8_t>(0U - sum);
}

// §4.1
std::vector<std::byte> floating_pointer(std::uint32_t table_address) {
    ByteWriter writer;
    write_text(writer, "_MP_");
    writer.write(table_address);
    writer.write(std::uint8_t{1});  // length in 16 bytes
    writer.write(kSpecRevision);
    constexpr std::size_t kChecksumAt = 10;
    writer.pad_to(16);  // checksum, then features: a configuration table is present, no IMCR
    auto bytes = std::move(writer).take();
    bytes[kChecksumAt] = std::byte{checksum(bytes)};
    return bytes;
}

// §4.3.1
void write_processor(ByteWriter& writer, std::uint8_t id) {
    constexpr std::uint8_t kEnabled = 1;
    constexpr std::uint8_t kEnabledBootProcessor = 3;
    writer.write(kProcessor);
    writer.write(id);
    writer.write(kLocalApicVersion);
    writer.write(id == 0 ? kEnabledBootProcessor : kEnabled);
    writer.write(std::uint32_t{0x600});  // signature and features: the kernel asks CPUID instead
    writer.write(std::uint32_t{0x201});  // local APIC and FPU
    writer.write(std::uint64_t{0});
}

// §4.3.4 and §4.3.5 share their shape.
void write_interrupt(ByteWriter& writer, std::uint8_t entry, std::uint8_t type, std::uint8_t line,
                     std::uint8_t apic, std::uint8_t pin) {
    writer.write(entry);
    writer.write(type);
    writer.write(kConformsToBus);
    writer.write(kIsaBus);
    writer.write(line);
    writer.write(apic);
    writer.write(pin);
}

// The entries, in the order that §4.3 asks for. Gives their number.
std::uint16_t write_entries(ByteWriter& writer, unsigned vcpus) {
    const auto io_apic = static_cast<std::uint8_t>(vcpus);
    for (unsigned id = 0; id < vcpus; ++id) write_processor(writer, static_cast<std::uint8_t>(id));
    writer.write(kBus);
    writer.write(kIsaBus);
    write_text(writer, "ISA   ");
    writer.write(kIoApicEntry);
    writer.write(io_apic);
    writer.write(kIoApicVersion);
    writer.write(std::uint8_t{1});  // usable
    writer.write(kIoApic);
    for (std::uint8_t pin = 0; pin < kIoApicPins; ++pin) {
        write_interrupt(writer, kIoInterrupt, kVectored, pin, io_apic, pin);
    }
    write_interrupt(writer, kLocalInterrupt, kExternal, 0, 0, 0);
    write_interrupt(writer, kLocalInterrupt, kNmi, 0, kAllLocalApics, 1);
    return static_cast<std::uint16_t>(vcpus + 2 + kIoApicPins + 2);
}

// §4.2
std::vector<std::byte> configuration_table(unsigned vcpus) {
    constexpr std::size_t kHeaderBytes = 44;
    ByteWriter entries;
    const std::uint16_t count = write_entries(entries, vcpus);
    ByteWriter writer;
    write_text(writer, "PCMP");
    writer.write(static_cast<std::uint16_t>(kHeaderBytes + entries.size()));
    writer.write(kSpecRevision);
    constexpr std::size_t kChecksumAt = 7;
    writer.write(std::uint8_t{0});
    write_text(writer, "BULKHEAD");
    write_text(writer, "MICROVM     ");
    writer.write(std::uint32_t{0});  // no OEM table
    writer.write(std::uint16_t{0});
    writer.write(count);
    writer.write(kLocalApic);
    writer.write(std::uint32_t{0});  // no extended table
    BULKHEAD_CHECK(writer.size() == kHeaderBytes);
    writer.write(entries.bytes());
    auto bytes = std::move(writer).take();
    bytes[kChecksumAt] = std::byte{checksum(bytes)};
    return bytes;
}

}  // namespace

std::vector<std::byte> make_mp_table(std::uint32_t address, unsigned vcpus) {
    auto bytes = floating_pointer(address + 16);
    const auto table = configuration_table(vcpus);
    bytes.insert(bytes.end(), table.begin(), table.end());
    return bytes;
}

}  // namespace bulkhead::arch
