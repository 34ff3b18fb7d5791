// Bus: finds the device behind a guest access, one Bus for port I/O and one for memory-mapped I/O.
//
// Thread: add() only while the machine is being built; read() and write() then from any vCPU
// thread, also at the same time. The bus has no lock of its own; each device locks what it must.
// Errors: an access that no device answers reads as all ones and writes to nothing, as on hardware.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace bulkhead::bus {

class BusDevice {
  public:
    BusDevice() = default;
    BusDevice(const BusDevice&) = delete;
    BusDevice& operator=(const BusDevice&) = delete;
    virtual ~BusDevice() = default;

    // One access of 1, 2, 4 or 8 bytes that lies wholly inside the device's range. Alignment is the
    // guest's choice. Thread: any vCPU's, several at once.
    virtual void read(std::uint64_t offset, std::span<std::byte> data) = 0;
    virtual void write(std::uint64_t offset, std::span<const std::byte> data) = 0;
};

struct BusRange {
    std::uint64_t start = 0;
    std::uint64_t size = 0;
};

class Bus {
  public:
    // The device must outlive the bus. Fails when the range is empty, wraps, or meets another one.
    Result<void> add(BusRange range, BusDevice& device);

    void read(std::uint64_t address, std::span<std::byte> data) const;
    void write(std::uint64_t address, std::span<const std::byte> data) const;

  private:
    struct Entry {
        BusRange range;
        BusDevice* device = nullptr;
    };

    [[nodiscard]] const Entry* find(std::uint64_t address, std::size_t length) const;

    std::vector<Entry> entries_;  // sorted by start, not overlapping
};

}  // namespace bulkhead::bus
