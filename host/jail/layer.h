// The layers of the jail around a monitor that a host may lack, and which of them one jail has.
// What is not among them (no_new_privs, no capabilities, limits, closed descriptors, seccomp) is
// never missing: without it there is no monitor. docs/jail.md. Thread: any.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bulkhead::jail {

enum class Layer : unsigned char {
    OwnUser,  // a user and group id that no other monitor has
    UserNamespace,
    MountNamespace,
    PidNamespace,
    NetworkNamespace,
    IpcNamespace,
    UtsNamespace,
    CgroupNamespace,
    EmptyRoot,  // no file to be seen
    Landlock,
    Cgroup,      // bounds on memory, processor time and threads
    Supervisor,  // confined itself, who starts the monitor and hears the guest
};

inline constexpr std::size_t kLayers = 12;

// "own user", "user namespace", ...
std::string_view layer_name(Layer layer);

class Report {
  public:
    // The first reason counts.
    void miss(Layer layer, std::string reason);

    [[nodiscard]] bool has(Layer layer) const;

    // Nothing is missing.
    [[nodiscard]] bool complete() const;

    // "own user (needs root), landlock (...)"; empty when complete.
    [[nodiscard]] std::string missing() const;

    // Each layer's name with why it is missing; an empty reason: it is there.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> entries() const;

  private:
    std::array<std::string, kLayers> reasons_;
};

}  // namespace bulkhead::jail
