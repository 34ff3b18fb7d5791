// Vm: one virtual machine of KVM's: its memory slots, interrupt controller and event bindings.
//
// Thread: any. Bindings and slots live as long as the Vm; closing it removes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::kvm {

class Vcpu;

class Vm {
  public:
    struct MemorySlot {
        std::uint32_t index = 0;
        std::uint64_t guest_start = 0;
        std::uint64_t size = 0;
        void* host = nullptr;  // stays mapped for the Vm's life
        bool log_writes = false;
    };

    Vm(UniqueFd vm, std::size_t run_size) : vm_(std::move(vm)), run_size_(run_size) {}

    Result<void> set_memory(const MemorySlot& slot);

    // A bit for each page of a slot that logs writes, the lowest bit first: whether the guest has
    // written to it since the last time. What this process writes does not count.
    Result<std::vector<std::uint64_t>> take_writes(std::uint32_t slot, std::uint64_t size);

    // Each value written to `eventfd` gives one edge on the interrupt controller's input `line`.
    Result<void> bind_interrupt(int eventfd, std::uint32_t line);

    // A 32-bit guest write of `value` to `address` signals `eventfd` instead of leaving the guest.
    Result<void> bind_notification(int eventfd, std::uint64_t address, std::uint32_t value);

    Result<std::unique_ptr<Vcpu>> create_vcpu(std::uint32_t id);

    // For the architecture's own requests.
    [[nodiscard]] int fd() const { return vm_.get(); }

  private:
    UniqueFd vm_;
    std::size_t run_size_;
};

}  // namespace bulkhead::kvm
