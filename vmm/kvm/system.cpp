#include "vmm/kvm/system.h"

#include <linux/kvm.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "vmm/kvm/extensions.h"
#include "vmm/kvm/ioctl.h"

namespace bulkhead::kvm {

namespace {

constexpr Request kVersion{KVM_GET_API_VERSION, "KVM_GET_API_VERSION"};
constexpr Request kCheckExtension{KVM_CHECK_EXTENSION, "KVM_CHECK_EXTENSION"};
constexpr Request kRunSize{KVM_GET_VCPU_MMAP_SIZE, "KVM_GET_VCPU_MMAP_SIZE"};
constexpr Request kCreateVm{KVM_CREATE_VM, "KVM_CREATE_VM"};

constexpr std::array kEveryArchitecture{
    Extension{KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY"},
    Extension{KVM_CAP_IRQCHIP, "KVM_CAP_IRQCHIP"},
    Extension{KVM_CAP_IRQFD, "KVM_CAP_IRQFD"},
    Extension{KVM_CAP_IOEVENTFD, "KVM_CAP_IOEVENTFD"},
    Extension{KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"},
};

Result<void> check_version(int kvm) {
    auto version = call(kvm, kVersion);
    if (!version) return std::move(version).error().context("the descriptor is not /dev/kvm");
    if (*version != KVM_API_VERSION) {
        return Error(concat("KVM API version ", *version, ", expected ", KVM_API_VERSION));
    }
    return {};
}

Result<void> check_extensions(int kvm, std::span<const Extension> extensions) {
    for (const Extension& extension : extensions) {
        const int offered =
            TRY(call(kvm, kCheckExtension, static_cast<unsigned long>(extension.capability)));
        if (offered == 0) return Error(concat("this host's KVM lacks ", extension.name));
    }
    return {};
}

}  // namespace

Result<System> System::adopt(UniqueFd kvm) {
    TRY(check_version(kvm.get()));
    TRY(check_extensions(kvm.get(), kEveryArchitecture));
    TRY(check_extensions(kvm.get(), required_extensions()));
    const int max_vcpus = TRY(call(kvm.get(), kCheckExtension, KVM_CAP_MAX_VCPUS));
    const int run_size = TRY(call(kvm.get(), kRunSize));
    if (run_size < static_cast<int>(sizeof(kvm_run))) {
        return Error(concat("KVM's run area has only ", run_size, " bytes"));
    }
    return System(std::move(kvm), static_cast<unsigned>(std::max(max_vcpus, 1)),
                  static_cast<std::size_t>(run_size));
}

Result<Vm> System::create_vm() const {
    return Vm(UniqueFd(TRY(call(kvm_.get(), kCreateVm))), run_size_);
}

}  // namespace bulkhead::kvm
