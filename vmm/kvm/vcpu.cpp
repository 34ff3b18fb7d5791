#include "vmm/kvm/vcpu.h"

#include <linux/kvm.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "base/text.h"
#include "vmm/kvm/ioctl.h"

namespace bulkhead::kvm {

Result<std::unique_ptr<Vcpu>> Vcpu::map(UniqueFd vcpu, std::size_t run_size) {
    void* area = ::mmap(nullptr, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu.get(), 0);
    if (area == MAP_FAILED) return errno_error("mapping a vCPU's run area");
    // SAFETY: KVM lays a kvm_run at the start of the area, which is at least that large.
    return std::unique_ptr<Vcpu>(new Vcpu(std::move(vcpu), static_cast<kvm_run*>(area), run_size));
}

Vcpu::~Vcpu() {
    ::munmap(shared_, run_size_);
}

void Vcpu::request_exit() {
    std::atomic_ref(shared_->immediate_exit).store(1, std::memory_order_relaxed);
}

void Vcpu::resume() {
    mark_paused(*this);
    std::atomic_ref(shared_->immediate_exit).store(0, std::memory_order_relaxed);
}

VcpuExit Vcpu::run() {
    const int error = kvm::run(vcpu_.get());
    // EAGAIN: a vCPU that waited for its start-up interrupt was woken by something else.
    if (error == EINTR || error == EAGAIN) return Interrupted{};
    if (error != 0) return failure(errno_error(error, "KVM_RUN").message());
    return decode_exit();
}

VcpuExit Vcpu::decode_exit() {
    switch (shared_->exit_reason) {
        case KVM_EXIT_IO:
            return decode_port_access();
        case KVM_EXIT_MMIO: {
            const std::size_t length =
                std::min<std::size_t>(shared_->mmio.len, sizeof(shared_->mmio.data));
            return MmioAccess{
                .address = shared_->mmio.phys_addr,
                .is_write = shared_->mmio.is_write != 0,
                .data = std::as_writable_bytes(std::span(shared_->mmio.data).first(length))};
        }
        case KVM_EXIT_INTR:
            return Interrupted{};
        case KVM_EXIT_SHUTDOWN:
            return TripleFault{};
        case KVM_EXIT_SYSTEM_EVENT:
            return decode_system_event();
        case KVM_EXIT_INTERNAL_ERROR:
            return failure(internal_error());
        case KVM_EXIT_FAIL_ENTRY:
            return failure(concat("the processor refused to enter the guest: hardware reason ",
                                  hex(shared_->fail_entry.hardware_entry_failure_reason)));
        default:
            return failure(concat("KVM stopped the guest with exit reason ", shared_->exit_reason));
    }
}

VcpuExit Vcpu::decode_port_access() {
    const auto& io = shared_->io;
    // SAFETY: KVM puts the data inside the shared area; a bound that is cheap to check is checked.
    const std::size_t length = std::size_t{io.size} * io.count;
    if (io.data_offset > run_size_ || length > run_size_ - io.data_offset) {
        return failure("KVM placed a port access outside its run area");
    }
    std::byte* const area = reinterpret_cast<std::byte*>(shared_);
    return PortAccess{.port = io.port,
                      .width = io.size,
                      .is_write = io.direction == KVM_EXIT_IO_OUT,
                      .data = std::span(area + io.data_offset, length)};
}

VcpuExit Vcpu::decode_system_event() const {
    switch (shared_->system_event.type) {
        case KVM_SYSTEM_EVENT_RESET:
        case KVM_SYSTEM_EVENT_SHUTDOWN:
            return GuestReset{};
        default:
            return failure(concat("KVM system event ", shared_->system_event.type));
    }
}

std::string Vcpu::internal_error() const {
    const auto& internal = shared_->internal;
    const std::size_t count = std::min<std::size_t>(internal.ndata, std::size(internal.data));
    std::string text = concat("KVM internal error, suberror ", internal.suberror);
    for (const std::uint64_t word : std::span(internal.data).first(count)) text += " " + hex(word);
    return text;
}

VcpuExit Vcpu::failure(const std::string& what) const {
    return RunFailure{concat(what, " ", describe_position(*this))};
}

}  // namespace bulkhead::kvm
