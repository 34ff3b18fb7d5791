// Namespace names of the OCI runtime spec ("pid", "mount", ...) as CLONE_NEW* flags. Thread: any
// (pure).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace bulkhead::oci::v1 {
class Linux;
class Spec;
}  // namespace bulkhead::oci::v1

namespace bulkhead::agent {

std::optional<std::uint64_t> namespace_flag(std::string_view type);

// All that the spec lists; it has been validated.
std::uint64_t namespace_flags(const oci::v1::Spec& spec);
std::uint64_t namespace_flags(const oci::v1::Linux& linux);

}  // namespace bulkhead::agent
