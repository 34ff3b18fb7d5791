// GuestIo: the two buses of a machine, as the vCPU threads see them. Thread: any.
#pragma once

#include "vmm/bus/bus.h"
#include "vmm/kvm/io_handler.h"

namespace bulkhead::machine {

class GuestIo final : public kvm::IoHandler {
  public:
    bus::Bus ports;
    bus::Bus memory;

    void read_port(std::uint16_t port, std::span<std::byte> data) override {
        ports.read(port, data);
    }

    void write_port(std::uint16_t port, std::span<const std::byte> data) override {
        ports.write(port, data);
    }

    void read_memory(std::uint64_t address, std::span<std::byte> data) override {
        memory.read(address, data);
    }

    void write_memory(std::uint64_t address, std::span<const std::byte> data) override {
        memory.write(address, data);
    }
};

}  // namespace bulkhead::machine
