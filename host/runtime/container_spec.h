// Image config and flags -> the OCI runtime spec that the agent carries out, with docker's
// defaults. Errors are the user's to fix and say what. Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/runtime/container_options.h"

namespace bulkhead::oci::v1 {
class Spec;
}

namespace bulkhead::runtime {

// `machine` is uname's name of the guest's machine, which seccomp rules depend on.
Result<oci::v1::Spec> build_spec(const ImageConfig& image, const ContainerOptions& options,
                                 std::string_view machine);

// The program and its arguments, as docker puts them together.
Result<std::vector<std::string>> command_line(const ImageConfig& image,
                                              const ContainerOptions& options);

std::string container_hostname(const ContainerOptions& options);

}  // namespace bulkhead::runtime
