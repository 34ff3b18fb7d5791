// KVM without a kernel: what vmm/kvm/ioctl.h's calls do in a program that has fake_kvm.cpp among
// its sources. It keeps the state that one vCPU is given and gives it back, as KVM does; it runs
// nothing. Thread: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "vmm/kvm/vcpu.h"

namespace bulkhead::test {

class FakeKvm {
  public:
    // Calls find it by its vCPU's descriptor.
    FakeKvm();
    FakeKvm(const FakeKvm&) = delete;
    FakeKvm& operator=(const FakeKvm&) = delete;
    ~FakeKvm();

    // Structures by what is behind KVM_GET_ and KVM_SET_ in a request's name.
    std::map<std::string, std::vector<std::byte>> state;
    std::map<std::uint32_t, std::uint64_t> msrs;
    // Registers that are there, but that it does not let anybody write.
    std::set<std::uint32_t> read_only;
    int tsc_khz = 2'000'000;
    // A request that fails, by its name.
    std::string failing;

    // What was called: names, and the registers that were written, in their order.
    std::vector<std::string> calls;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> written;

    [[nodiscard]] const kvm::Vcpu& vcpu() const { return *vcpu_; }

  private:
    std::unique_ptr<kvm::Vcpu> vcpu_;
};

}  // namespace bulkhead::test
