#include "vmm/kvm/extensions.h"

#include <linux/kvm.h>

#include <array>

namespace bulkhead::kvm {

std::span<const Extension> required_extensions() {
    static constexpr std::array kRequired{
        Extension{KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID"},
        Extension{KVM_CAP_SET_TSS_ADDR, "KVM_CAP_SET_TSS_ADDR"},
        Extension{KVM_CAP_SET_IDENTITY_MAP_ADDR, "KVM_CAP_SET_IDENTITY_MAP_ADDR"},
        // Without a PIT, the guest's only timer is the local APIC's in TSC-deadline mode.
        Extension{KVM_CAP_TSC_DEADLINE_TIMER, "KVM_CAP_TSC_DEADLINE_TIMER"},
    };
    return kRequired;
}

}  // namespace bulkhead::kvm
