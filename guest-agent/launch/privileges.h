// Capabilities, resource limits and no_new_privs of the calling process. Thread: the child's only
// one.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace bulkhead::oci::v1 {
class Capabilities;
class Process;
}  // namespace bulkhead::oci::v1

namespace bulkhead::agent {

// One bit for each capability.
struct Capabilities {
    std::uint64_t bounding = 0;
    std::uint64_t effective = 0;
    std::uint64_t inheritable = 0;
    std::uint64_t permitted = 0;
    std::uint64_t ambient = 0;
};

Result<Capabilities> parse_capabilities(const oci::v1::Capabilities& wanted);

// Drops all others from the bounding set.
Result<void> drop_bounding(std::uint64_t keep);
// Makes effective whatever is permitted: a change of user id cleared it.
Result<void> raise_all_permitted();
// Everything but the bounding set.
Result<void> set_capabilities(const Capabilities& wanted);

Result<void> set_resource_limits(const oci::v1::Process& process);
Result<void> set_no_new_privileges();

}  // namespace bulkhead::agent
