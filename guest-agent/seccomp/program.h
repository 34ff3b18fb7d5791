// A seccomp section of the OCI spec, compiled to the kernel's BPF. Names of system calls that
// libseccomp does not know are skipped, as runc does, so that one profile serves all kernels.
// System calls newer than any in the profile give ENOSYS instead of the default error, again as
// runc does: C libraries fall back on ENOSYS and on nothing else. libseccomp gives the calls'
// numbers; the code is our own, since libseccomp's takes 20 ms for docker's profile, more than the
// rest of a start. Thread: any.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "base/result.h"

namespace bulkhead::oci::v1 {
class Seccomp;
}

namespace bulkhead::agent {

struct SeccompProgram {
    std::vector<sock_filter> instructions;  // empty: no filter is asked for
    unsigned flags = 0;                     // SECCOMP_FILTER_FLAG_*
};

Result<SeccompProgram> compile_seccomp(const oci::v1::Seccomp& profile);

// Installs it for the calling thread, for good. Needs CAP_SYS_ADMIN or no_new_privs.
Result<void> install_seccomp(const SeccompProgram& program);

}  // namespace bulkhead::agent
