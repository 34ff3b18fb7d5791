// What of KVM every Bulkhead VM needs, on any architecture, and what this architecture needs beside
// it (defined in the architecture's folder).
#pragma once

#include <span>

namespace bulkhead::kvm {

struct Extension {
    long capability = 0;  // KVM_CAP_...
    const char* name = "";
};

std::span<const Extension> required_extensions();

}  // namespace bulkhead::kvm
