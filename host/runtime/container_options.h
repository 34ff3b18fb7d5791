// What a user asks of a container and what its image says: plain values, parsed and checked, that
// the spec is built from.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/runtime/environment.h"
#include "host/runtime/network_files.h"
#include "host/runtime/resources.h"
#include "host/runtime/seccomp_profile.h"
#include "host/runtime/tmpfs.h"
#include "host/runtime/ulimit.h"

namespace bulkhead::runtime {

// The parts of an OCI image's config that a container is made from.
struct ImageConfig {
    std::vector<std::string> entrypoint;
    std::vector<std::string> command;
    Environment environment;
    std::string working_directory;
    std::string user;
};

enum class SeccompMode { Default, Unconfined, Custom };

struct TerminalSize {
    std::uint16_t rows = 0;
    std::uint16_t columns = 0;
};

struct ContainerOptions {
    std::string id;  // 64 hexadecimal digits
    std::vector<std::string> arguments;
    // Set but empty: the image's entrypoint is dropped.
    std::optional<std::string> entrypoint;
    Environment environment;
    std::string working_directory;
    std::string user;
    std::vector<std::string> additional_groups;
    std::string hostname;  // empty: the short id
    std::string domainname;
    std::vector<HostEntry> hosts;
    ResolverOptions resolver;
    std::map<std::string, std::string> annotations;
    // Set: the process has a terminal of this size.
    std::optional<TerminalSize> terminal;
    bool read_only_root = false;
    std::vector<Tmpfs> tmpfs;
    std::vector<std::string> add_capabilities;
    std::vector<std::string> drop_capabilities;
    std::vector<Ulimit> ulimits;
    // --security strict, host/runtime/strict.h.
    bool strict = false;
    std::optional<bool> no_new_privileges;  // not said: as the profile has it
    SeccompMode seccomp_mode = SeccompMode::Default;
    SeccompProfile seccomp_profile;  // for SeccompMode::Custom
    // Everything in the machine that can be had; what is said otherwise still holds.
    bool privileged = false;
    bool uncovered_paths = false;
    bool writable_cgroups = false;
    std::map<std::string, std::string> sysctls;
    std::optional<std::int32_t> oom_score_adj;
    std::uint64_t shm_bytes = kDefaultShmBytes;
    bool no_shm = false;  // --ipc none
    ResourceOptions resources;

    static constexpr std::uint64_t kDefaultShmBytes = std::uint64_t{64} << 20U;
};

}  // namespace bulkhead::runtime
