#include "host/runtime/linux_defaults.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "host/runtime/ulimit.h"
#include "proto/oci.pb.h"

namespace bulkhead::runtime {

namespace {

struct DefaultMount {
    std::string_view destination;
    std::string_view type;
    std::string_view source;   // as docker's, for those who read /proc/mounts
    std::string_view options;  // separated by commas
};

// In the order in which they are mounted.
constexpr std::array<DefaultMount, 7> kMounts = {{
    {"/proc", "proc", "proc", "nosuid,noexec,nodev"},
    {"/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"},
    {"/dev/pts", "devpts", "devpts", "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5"},
    {"/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro"},
    {"/sys/fs/cgroup", "cgroup", "cgroup", "nosuid,noexec,nodev,relatime,ro"},
    {"/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev"},
    {"/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k"},
}};

struct DefaultDevice {
    std::string_view path;
    std::int64_t major;
    std::int64_t minor;
};

// OCI runtime spec, "Default Devices"; /dev/console and /dev/ptmx come with the terminal and
// devpts.
constexpr std::array<DefaultDevice, 6> kDevices = {{
    {"/dev/null", 1, 3},
    {"/dev/zero", 1, 5},
    {"/dev/full", 1, 7},
    {"/dev/random", 1, 8},
    {"/dev/urandom", 1, 9},
    {"/dev/tty", 5, 0},
}};

// The guest has no other container, yet what these hide is the guest kernel's, not the container's.
constexpr std::array<std::string_view, 12> kMasked = {
    "/proc/asound",     "/proc/acpi",        "/proc/interrupts",
    "/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
    "/proc/scsi",       "/sys/firmware",     "/sys/devices/virtual/powercap"};

constexpr std::array<std::string_view, 5> kReadOnly = {"/proc/bus", "/proc/fs", "/proc/irq",
                                                       "/proc/sys", "/proc/sysrq-trigger"};

// No network namespace: the machine's one network is the container's.
constexpr std::array<std::string_view, 5> kNamespaces = {"mount", "pid", "uts", "ipc", "cgroup"};

struct DefaultRlimit {
    std::string_view type;
    std::uint64_t soft;
    std::uint64_t hard;
};

// The soft file limit stays at 1024, as systemd and containerd 2 have it: programs that close every
// possible descriptor take seconds with a larger one, and those that need more raise it.
constexpr std::array<DefaultRlimit, 3> kRlimits = {{
    {"RLIMIT_NOFILE", 1024, 524'288},
    {"RLIMIT_NPROC", Ulimit::kUnlimited, Ulimit::kUnlimited},
    {"RLIMIT_CORE", 0, Ulimit::kUnlimited},
}};

}  // namespace

void add_default_mounts(oci::v1::Spec& spec) {
    for (const DefaultMount& mount : kMounts) {
        auto& added = *spec.add_mounts();
        added.set_destination(std::string(mount.destination));
        added.set_type(std::string(mount.type));
        added.set_source(std::string(mount.source));
        std::string_view rest = mount.options;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(','), rest.size());
            added.add_options(std::string(rest.substr(0, end)));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
}

void add_default_devices(oci::v1::Spec& spec) {
    for (const DefaultDevice& device : kDevices) {
        auto& added = *spec.mutable_linux()->add_devices();
        added.set_path(std::string(device.path));
        added.set_type("c");
        added.set_major(device.major);
        added.set_minor(device.minor);
        added.set_file_mode(0666);
        added.set_uid(0);
        added.set_gid(0);
    }
}

void add_default_namespaces(oci::v1::Spec& spec) {
    for (const std::string_view type : kNamespaces)
        spec.mutable_linux()->add_namespaces()->set_type(std::string(type));
}

void add_protected_paths(oci::v1::Spec& spec) {
    for (const std::string_view path : kMasked)
        spec.mutable_linux()->add_masked_paths(std::string(path));
    for (const std::string_view path : kReadOnly)
        spec.mutable_linux()->add_readonly_paths(std::string(path));
}

void add_default_rlimits(oci::v1::Spec& spec) {
    for (const DefaultRlimit& limit : kRlimits) {
        auto& added = *spec.mutable_process()->add_rlimits();
        added.set_type(std::string(limit.type));
        added.set_soft(limit.soft);
        added.set_hard(limit.hard);
    }
}

}  // namespace bulkhead::runtime
