// VirtualCpu: what a vCPU thread drives. kvm::Vcpu is the real one; tests have their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

namespace bulkhead::kvm {

// Why the guest stopped running. The spans point into an area shared with KVM, valid until the next
// run(); for a read the handler fills them, for a write it reads them. All guest-controlled.
struct PortAccess {
    std::uint16_t port = 0;
    std::uint8_t width = 0;  // bytes of one access; string instructions carry several in `data`
    bool is_write = false;
    std::span<std::byte> data;
};

struct MmioAccess {
    std::uint64_t address = 0;
    bool is_write = false;
    std::span<std::byte> data;
};

struct Interrupted {};  // a signal, or request_exit()

struct TripleFault {};

struct GuestReset {};  // the guest asked for reset or power-off by a call to the hypervisor

struct RunFailure {
    std::string detail;
};

using VcpuExit =
    std::variant<Interrupted, PortAccess, MmioAccess, TripleFault, GuestReset, RunFailure>;

class VirtualCpu {
  public:
    VirtualCpu() = default;
    VirtualCpu(const VirtualCpu&) = delete;
    VirtualCpu& operator=(const VirtualCpu&) = delete;
    virtual ~VirtualCpu() = default;

    // Runs the guest until it needs something. Thread: the vCPU's own.
    virtual VcpuExit run() = 0;

    // Makes every later run() return Interrupted without running the guest; a run() that is under
    // way needs a signal as well. Thread: any.
    virtual void request_exit() = 0;

    // Takes request_exit() back: the guest may run again, and is told that it stood still, so that
    // it does not take that for a hang of its own. Thread: the vCPU's own.
    virtual void resume() = 0;
};

}  // namespace bulkhead::kvm
