#include "host/runtime/capabilities.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string_view>

#include "base/text.h"

namespace bulkhead::runtime {

namespace {

constexpr std::string_view kAllName = "CAP_ALL";

// linux/capability.h, by number.
constexpr std::array<std::string_view, 41> kAll = {"CAP_CHOWN",
                                                   "CAP_DAC_OVERRIDE",
                                                   "CAP_DAC_READ_SEARCH",
                                                   "CAP_FOWNER",
                                                   "CAP_FSETID",
                                                   "CAP_KILL",
                                                   "CAP_SETGID",
                                                   "CAP_SETUID",
                                                   "CAP_SETPCAP",
                                                   "CAP_LINUX_IMMUTABLE",
                                                   "CAP_NET_BIND_SERVICE",
                                                   "CAP_NET_BROADCAST",
                                                   "CAP_NET_ADMIN",
                                                   "CAP_NET_RAW",
                                                   "CAP_IPC_LOCK",
                                                   "CAP_IPC_OWNER",
                                                   "CAP_SYS_MODULE",
                                                   "CAP_SYS_RAWIO",
                                                   "CAP_SYS_CHROOT",
                                                   "CAP_SYS_PTRACE",
                                                   "CAP_SYS_PACCT",
                                                   "CAP_SYS_ADMIN",
                                                   "CAP_SYS_BOOT",
                                                   "CAP_SYS_NICE",
                                                   "CAP_SYS_RESOURCE",
                                                   "CAP_SYS_TIME",
                                                   "CAP_SYS_TTY_CONFIG",
                                                   "CAP_MKNOD",
                                                   "CAP_LEASE",
                                                   "CAP_AUDIT_WRITE",
                                                   "CAP_AUDIT_CONTROL",
                                                   "CAP_SETFCAP",
                                                   "CAP_MAC_OVERRIDE",
                                                   "CAP_MAC_ADMIN",
                                                   "CAP_SYSLOG",
                                                   "CAP_WAKE_ALARM",
                                                   "CAP_BLOCK_SUSPEND",
                                                   "CAP_AUDIT_READ",
                                                   "CAP_PERFMON",
                                                   "CAP_BPF",
                                                   "CAP_CHECKPOINT_RESTORE"};

constexpr std::array<std::string_view, 14> kDefault = {
    "CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
    "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
    "CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
    "CAP_KILL",    "CAP_AUDIT_WRITE"};

constexpr std::array<std::string_view, 8> kStrict = {
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER",
    "CAP_KILL",  "CAP_SETGID",       "CAP_SETUID", "CAP_NET_BIND_SERVICE"};

template <class Container>
bool contains(const Container& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

Result<CapabilityNames> normalized(const std::vector<std::string>& names) {
    CapabilityNames result;
    for (const std::string& name : names) result.push_back(TRY(capability_name(name)));
    return result;
}

bool granted(std::string_view name, const CapabilityNames& add, const CapabilityNames& drop,
             std::span<const std::string_view> base) {
    if (contains(add, kAllName)) return !contains(drop, name);
    if (contains(add, name)) return true;
    return contains(base, name) && !contains(drop, kAllName) && !contains(drop, name);
}

}  // namespace

bool is_capability(std::string_view name) {
    return contains(kAll, name);
}

Result<std::string> capability_name(std::string_view text) {
    std::string upper;
    for (const char c : text)
        upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (!upper.starts_with("CAP_")) upper.insert(0, "CAP_");
    if (upper != kAllName && !contains(kAll, upper))
        return Error(concat("invalid capability: \"", text, "\""));
    return upper;
}

Result<CapabilityNames> container_capabilities(const std::vector<std::string>& add,
                                               const std::vector<std::string>& drop,
                                               CapabilityBase base) {
    const std::span<const std::string_view> usual =
        base == CapabilityBase::Strict ? std::span<const std::string_view>(kStrict)
                                       : std::span<const std::string_view>(kDefault);
    const CapabilityNames added = TRY(normalized(add));
    const CapabilityNames dropped = TRY(normalized(drop));
    CapabilityNames result;
    for (const std::string_view name : kAll) {
        if (granted(name, added, dropped, usual)) result.emplace_back(name);
    }
    return result;
}

}  // namespace bulkhead::runtime
