// Vcpu: one virtual processor of KVM's, with the memory area that it shares with the kernel.
//
// Thread: create and set up anywhere, then run() on one thread; request_exit() from any.
#pragma once

#include <memory>

#include "base/result.h"
#include "base/unique_fd.h"
#include "vmm/kvm/virtual_cpu.h"

struct kvm_run;

namespace bulkhead::kvm {

class Vcpu final : public VirtualCpu {
  public:
    // `run_size`: bytes of the shared area, from KVM_GET_VCPU_MMAP_SIZE.
    static Result<std::unique_ptr<Vcpu>> map(UniqueFd vcpu, std::size_t run_size);

    Vcpu(const Vcpu&) = delete;
    Vcpu& operator=(const Vcpu&) = delete;
    ~Vcpu() override;

    VcpuExit run() override;
    void request_exit() override;
    void resume() override;

    // For the architecture's own requests.
    [[nodiscard]] int fd() const { return vcpu_.get(); }

  private:
    Vcpu(UniqueFd vcpu, kvm_run* shared, std::size_t run_size)
        : vcpu_(std::move(vcpu)), shared_(shared), run_size_(run_size) {}

    [[nodiscard]] VcpuExit decode_exit();
    [[nodiscard]] VcpuExit decode_port_access();
    [[nodiscard]] VcpuExit decode_system_event() const;
    [[nodiscard]] VcpuExit failure(const std::string& what) const;
    [[nodiscard]] std::string internal_error() const;

    UniqueFd vcpu_;
    kvm_run* shared_;
    std::size_t run_size_;
};

// Where the vCPU is in the guest's code, for messages ("rip=0x... cr0=0x..."); defined in the
// architecture's folder. Empty when KVM does not say.
std::string describe_position(const Vcpu& vcpu);

// Tells the guest's kernel that the vCPU stood still; defined in the architecture's folder. A guest
// without a clock of KVM's cannot be told, and need not be.
void mark_paused(const Vcpu& vcpu);

}  // namespace bulkhead::kvm
