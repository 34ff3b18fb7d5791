// A seccomp profile in docker's form: rules that depend on the container's capabilities and the
// machine. It becomes the OCI runtime spec's flat list when both are known. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/runtime/capabilities.h"

namespace bulkhead::oci::v1 {
class Seccomp;
}

namespace bulkhead::runtime {

struct SeccompArgument {
    std::uint32_t index = 0;
    std::uint64_t value = 0;
    std::uint64_t value_two = 0;
    std::string op;  // "SCMP_CMP_EQ"
};

// A rule counts when every capability and one of the machines it includes are there, and none that
// it excludes. Empty lists ask for nothing. Machines have Go's names: "amd64", "arm64".
struct SeccompRule {
    std::string names;  // with spaces between them
    std::string action;
    std::optional<std::uint32_t> errno_ret;
    std::vector<SeccompArgument> args;
    std::vector<std::string> include_capabilities;
    std::vector<std::string> include_machines;
    std::vector<std::string> exclude_capabilities;
    std::vector<std::string> exclude_machines;
};

struct SeccompArchitecture {
    std::string name;  // "SCMP_ARCH_X86_64"
    std::vector<std::string> sub_architectures;
};

struct SeccompProfile {
    std::string default_action;
    std::optional<std::uint32_t> default_errno_ret;
    // Either the list as it is, or the machine's entry of the map with what belongs to it.
    std::vector<std::string> architectures;
    std::vector<SeccompArchitecture> architecture_map;
    std::vector<std::string> flags;
    std::vector<SeccompRule> rules;
};

// docker's default profile, as this project's own data (default_seccomp.cpp).
SeccompProfile default_seccomp_profile();

// A profile file as docker's --security-opt seccomp=FILE takes it. Untrusted text.
Result<SeccompProfile> parse_seccomp_profile(std::string_view json);

// What holds for a container with these capabilities on this machine (uname's name: "x86_64").
oci::v1::Seccomp resolve_seccomp(const SeccompProfile& profile, const CapabilityNames& capabilities,
                                 std::string_view machine);

}  // namespace bulkhead::runtime
