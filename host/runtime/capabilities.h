// Linux capabilities by name, docker's default set, and what --cap-add and --cap-drop make of it.
// Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bulkhead::runtime {

// "CAP_CHOWN", ... in the kernel's order.
using CapabilityNames = std::vector<std::string>;

// Whether Linux has a capability of this name: "CAP_KILL".
bool is_capability(std::string_view name);

// "CAP_KILL" for "kill", as docker and `inspect` show it; an error when there is none of this name.
Result<std::string> capability_name(std::string_view text);

// What a container has that asks for nothing: docker's 14, or those of --security strict, which
// are enough for a server that starts as root and becomes another user.
enum class CapabilityBase { Default, Strict };

// docker's rules: names with or without CAP_, in either case; ALL stands for every one; drops are
// taken before adds, and an added ALL loses what is dropped.
Result<CapabilityNames> container_capabilities(const std::vector<std::string>& add,
                                               const std::vector<std::string>& drop,
                                               CapabilityBase base = CapabilityBase::Default);

}  // namespace bulkhead::runtime
