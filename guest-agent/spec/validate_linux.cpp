#include <sched.h>

#include "base/words.h"
#include "guest-agent/spec/check.h"
#include "guest-agent/spec/mount_options.h"
#include "guest-agent/spec/namespaces.h"
#include "guest-agent/spec/scheduling.h"
#include "guest-agent/spec/validate.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

Result<void> validate_namespaces(const oci::v1::Linux& linux) {
    TRY(check_count(linux.namespaces(), kMaxEntries, "namespaces"));
    std::uint64_t flags = 0;
    for (const auto& each : linux.namespaces()) {
        const auto flag = namespace_flag(each.type());
        if (!flag) return Error(concat("namespaces: unknown type \"", each.type(), "\""));
        if ((flags & *flag) != 0) return Error(concat("namespaces: \"", each.type(), "\" twice"));
        flags |= *flag;
    }
    // The container's root is set up by pivot_root, which without a mount namespace would be the
    // agent's.
    if ((flags & CLONE_NEWNS) == 0) return Error("namespaces: \"mount\" is required");
    const bool mapped = !linux.uid_mappings().empty() || !linux.gid_mappings().empty();
    if (mapped && (flags & CLONE_NEWUSER) == 0)
        return Error("id mappings without a user namespace");
    TRY(check_count(linux.uid_mappings(), kMaxIdMappings, "uid mappings"));
    return check_count(linux.gid_mappings(), kMaxIdMappings, "gid mappings");
}

Result<void> validate_paths(const oci::v1::Linux& linux) {
    TRY(check_count(linux.masked_paths(), kMaxEntries, "masked paths"));
    for (const auto& path : linux.masked_paths()) TRY(check_path(path, "masked paths"));
    TRY(check_count(linux.readonly_paths(), kMaxEntries, "read-only paths"));
    for (const auto& path : linux.readonly_paths()) TRY(check_path(path, "read-only paths"));
    return {};
}

Result<void> validate_devices(const oci::v1::Linux& linux) {
    TRY(check_count(linux.devices(), kMaxEntries, "devices"));
    for (const auto& device : linux.devices()) {
        TRY(check_path(device.path(), "devices: path"));
        if (device.type().size() != 1 ||
            std::string_view("cbup").find(device.type()[0]) == std::string::npos) {
            return Error(
                concat("devices: ", device.path(), ": unknown type \"", device.type(), "\""));
        }
        constexpr std::int64_t kMaxMajor = (1 << 12) - 1;
        constexpr std::int64_t kMaxMinor = (1 << 20) - 1;
        if (device.major() < 0 || device.major() > kMaxMajor || device.minor() < 0 ||
            device.minor() > kMaxMinor) {
            return Error(concat("devices: ", device.path(), ": number out of range"));
        }
    }
    return {};
}

// "net.ipv4.ip_forward", or with slashes; nothing that leads out of /proc/sys.
Result<void> validate_sysctl(const oci::v1::Linux& linux) {
    TRY(check_count(linux.sysctl(), kMaxEntries, "sysctl"));
    for (const auto& [key, value] : linux.sysctl()) {
        TRY(check_text(value, kMaxText, "sysctl: value"));
        const bool plain = key.find_first_not_of(
                               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_-./") == std::string::npos;
        if (key.empty() || key.size() > kMaxText || !plain || key.find("..") != std::string::npos ||
            key.find("./") != std::string::npos || key[0] == '/') {
            return Error(concat("sysctl: bad name \"", plain ? key : "?", "\""));
        }
    }
    return {};
}

// A rule's argument conditions are few in the kernel (6 arguments); names are many.
Result<void> validate_seccomp(const oci::v1::Seccomp& seccomp) {
    TRY(check_count(seccomp.architectures(), kMaxEntries, "seccomp: architectures"));
    TRY(check_count(seccomp.flags(), kMaxEntries, "seccomp: flags"));
    TRY(check_count(seccomp.syscalls(), kMaxEntries, "seccomp: rules"));
    constexpr std::size_t kMaxNameBytes = 32 * kMaxEntries;  // of a rule
    std::size_t names = 0;
    for (const auto& rule : seccomp.syscalls()) {
        constexpr std::size_t kMaxConditions = 64;
        TRY(check_count(rule.args(), kMaxConditions, "seccomp: conditions"));
        TRY(check_text(rule.names(), kMaxNameBytes, "seccomp: names"));
        names += words_of(rule.names()).size();
    }
    if (names > kMaxEntries) return Error("seccomp: too many names");
    return {};
}

Result<void> validate_time(const oci::v1::Linux& linux) {
    constexpr std::uint32_t kSecond = 1'000'000'000;
    const bool own = (namespace_flags(linux) & CLONE_NEWTIME) != 0;
    if (!linux.time_offsets().empty() && !own)
        return Error("time offsets without a time namespace");
    for (const auto& [clock, offset] : linux.time_offsets()) {
        if (clock != "monotonic" && clock != "boottime")
            return Error("time offsets: only the clocks \"monotonic\" and \"boottime\" have one");
        if (offset.nanoseconds() >= kSecond) return Error("time offsets: nanoseconds out of range");
    }
    return {};
}

}  // namespace

Result<void> validate_linux(const oci::v1::Spec& spec) {
    const oci::v1::Linux& linux = spec.linux();
    TRY(validate_namespaces(linux));
    TRY(validate_paths(linux));
    TRY(validate_devices(linux));
    TRY(validate_sysctl(linux));
    TRY(validate_seccomp(linux.seccomp()));
    TRY(validate_time(linux));
    TRY(personality_of(linux.personality_domain()));
    TRY(check_count(linux.resources().unified(), kMaxEntries, "resources: unified"));
    TRY(parse_propagation(linux.rootfs_propagation()));
    return {};
}

}  // namespace bulkhead::agent
