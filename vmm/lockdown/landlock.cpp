#include "vmm/lockdown/landlock.h"

#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "base/unique_fd.h"

namespace bulkhead::lockdown {

namespace {

// struct landlock_ruleset_attr as of ABI 6; older headers have only its first field.
struct Ruleset {
    std::uint64_t files = 0;
    std::uint64_t network = 0;
    std::uint64_t scopes = 0;
};

// How much of it each version of the ABI knows, and what can be refused. A newer version than the
// last one here takes the last one's.
struct Version {
    std::size_t size = 0;
    Ruleset all;
};

constexpr std::uint64_t bits(unsigned count) {
    return (std::uint64_t{1} << count) - 1;
}

constexpr std::array kVersions{
    Version{8, {bits(13), 0, 0}},               // 1
    Version{8, {bits(14), 0, 0}},               // 2: moving between folders
    Version{8, {bits(15), 0, 0}},               // 3: truncate
    Version{16, {bits(15), bits(2), 0}},        // 4: TCP bind and connect
    Version{16, {bits(16), bits(2), 0}},        // 5: ioctl on devices opened from now on
    Version{24, {bits(16), bits(2), bits(2)}},  // 6: abstract sockets, signals to others
};

}  // namespace

Result<void> deny_all_access() {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) {
        if (errno == ENOSYS || errno == EOPNOTSUPP) return {};
        return errno_error("landlock version");
    }
    const auto index = std::min(static_cast<std::size_t>(version), kVersions.size()) - 1;
    const Version& known = kVersions[index];
    const UniqueFd ruleset(
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &known.all, known.size, 0)));
    if (!ruleset.valid()) return errno_error("landlock ruleset");
    // No rule is added, so nothing is allowed.
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
        return errno_error("landlock restrict");
    return {};
}

}  // namespace bulkhead::lockdown
