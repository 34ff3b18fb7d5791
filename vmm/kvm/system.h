// System: /dev/kvm, checked for what Bulkhead needs before anything is built on it.
// Linux: Documentation/virt/kvm/api.rst. Thread: any.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"
#include "vmm/kvm/vm.h"

namespace bulkhead::kvm {

class System {
  public:
    // Fails when the descriptor is not /dev/kvm, or the kernel's KVM lacks something; the message
    // says what.
    static Result<System> adopt(UniqueFd kvm);

    [[nodiscard]] Result<Vm> create_vm() const;

    // How many vCPUs one VM may have on this host.
    [[nodiscard]] unsigned max_vcpus() const { return max_vcpus_; }

    // For the architecture's own requests.
    [[nodiscard]] int fd() const { return kvm_.get(); }

  private:
    System(UniqueFd kvm, unsigned max_vcpus, std::size_t run_size)
        : kvm_(std::move(kvm)), max_vcpus_(max_vcpus), run_size_(run_size) {}

    UniqueFd kvm_;
    unsigned max_vcpus_;
    std::size_t run_size_;  // bytes of each vCPU's shared kvm_run area
};

}  // namespace bulkhead::kvm
