#include "vmm/kvm/ioctl.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace bulkhead::kvm {

Result<int> call(int fd, Request request, unsigned long value) {
    int result = -1;
    do {
        result = ::ioctl(fd, request.code, value);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return errno_error(request.name);
    return result;
}

Result<int> call_at(int fd, Request request, void* argument) {
    int result = -1;
    do {
        result = ::ioctl(fd, request.code, argument);
    } while (result < 0 && errno == EINTR);
    if (result < 0) return errno_error(request.name);
    return result;
}

int run(int vcpu_fd) {
    return ::ioctl(vcpu_fd, KVM_RUN, 0) < 0 ? errno : 0;
}

}  // namespace bulkhead::kvm
