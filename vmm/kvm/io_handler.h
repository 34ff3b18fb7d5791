// IoHandler: where a vCPU thread takes the guest's accesses to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bulkhead::kvm {

class IoHandler {
  public:
    IoHandler() = default;
    IoHandler(const IoHandler&) = delete;
    IoHandler& operator=(const IoHandler&) = delete;
    virtual ~IoHandler() = default;

    // One access each. Thread: any vCPU's, several at once.
    virtual void read_port(std::uint16_t port, std::span<std::byte> data) = 0;
    virtual void write_port(std::uint16_t port, std::span<const std::byte> data) = 0;
    virtual void read_memory(std::uint64_t address, std::span<std::byte> data) = 0;
    virtual void write_memory(std::uint64_t address, std::span<const std::byte> data) = 0;
};

}  // namespace bulkhead::kvm
