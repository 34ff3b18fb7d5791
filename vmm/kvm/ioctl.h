// The only way to ioctl(2) in the VMM. Everything else of KVM is typed on top of this.
//
// Errors: the error names the request. EINTR is retried (KVM_CREATE_VM gives it under load), except
// in run().
#pragma once

#include <cstdint>

#include "base/result.h"

namespace bulkhead::kvm {

// A request of KVM's API and its name for messages.
struct Request {
    unsigned long code = 0;
    const char* name = "";
};

// The argument is a plain value. Gives what ioctl gave: 0, a count or a descriptor.
Result<int> call(int fd, Request request, unsigned long value = 0);

// The argument is the address of a structure that the kernel reads, writes or both, as the request
// says.
Result<int> call_at(int fd, Request request, void* argument);

template <class T>
Result<int> call_with(int fd, Request request, T& argument) {
    return call_at(fd, request, &argument);
}

// KVM_RUN: 0, or the error number; EINTR and EAGAIN are the caller's business.
int run(int vcpu_fd);

}  // namespace bulkhead::kvm
