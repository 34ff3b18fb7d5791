// Opens /dev/kvm, and when that fails says what to do about it. Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace bulkhead::sandbox {

inline constexpr const char* kKvmPath = "/dev/kvm";

// Open for reading and writing, and of the one API version there is.
Result<UniqueFd> open_kvm(const std::string& path = kKvmPath);

// What /proc/cpuinfo says about hardware virtualization: "vmx" (Intel), "svm" (AMD), or empty.
// On other machines than x86 there is no such flag.
std::string virtualization_flag(std::string_view cpuinfo);

}  // namespace bulkhead::sandbox
