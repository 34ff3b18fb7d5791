#include "guest-agent/launch/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "base/text.h"
#include "guest-agent/spec/capability.h"
#include "guest-agent/spec/resource_limit.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

constexpr unsigned kMaxCapability = 63;

template <class Names>
Result<std::uint64_t> mask_of(const Names& names) {
    std::vector<const std::string*> pointers;
    for (const auto& name : names) pointers.push_back(&name);
    return capability_mask(pointers);
}

// capset(2) takes each set as two words, low one first.
using Words = std::array<__user_cap_data_struct, 2>;

__user_cap_header_struct header() {
    return {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
}

constexpr std::uint32_t low(std::uint64_t mask) {
    return static_cast<std::uint32_t>(mask);
}

constexpr std::uint32_t high(std::uint64_t mask) {
    return static_cast<std::uint32_t>(mask >> 32U);
}

Result<void> set_words(const Words& words) {
    auto about = header();
    if (::syscall(SYS_capset, &about, words.data()) != 0)
        return errno_error("setting capabilities");
    return {};
}

}  // namespace

Result<Capabilities> parse_capabilities(const oci::v1::Capabilities& wanted) {
    Capabilities capabilities;
    capabilities.bounding = TRY(mask_of(wanted.bounding()));
    capabilities.effective = TRY(mask_of(wanted.effective()));
    capabilities.inheritable = TRY(mask_of(wanted.inheritable()));
    capabilities.permitted = TRY(mask_of(wanted.permitted()));
    capabilities.ambient = TRY(mask_of(wanted.ambient()));
    return capabilities;
}

Result<void> drop_bounding(std::uint64_t keep) {
    for (unsigned number = 0; number <= kMaxCapability; ++number) {
        if ((keep >> number & 1U) != 0) continue;
        if (::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0) continue;
        if (errno == EINVAL) return {};  // past the last one that the kernel knows
        return errno_error("dropping a capability from the bounding set");
    }
    return {};
}

Result<void> raise_all_permitted() {
    Words words{};
    auto about = header();
    if (::syscall(SYS_capget, &about, words.data()) != 0)
        return errno_error("reading capabilities");
    for (auto& each : words) each.effective = each.permitted;
    return set_words(words);
}

Result<void> set_capabilities(const Capabilities& wanted) {
    const Words words = {{{.effective = low(wanted.effective),
                           .permitted = low(wanted.permitted),
                           .inheritable = low(wanted.inheritable)},
                          {.effective = high(wanted.effective),
                           .permitted = high(wanted.permitted),
                           .inheritable = high(wanted.inheritable)}}};
    TRY(set_words(words));
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
        return errno_error("clearing ambient capabilities");
    }
    for (unsigned number = 0; number <= kMaxCapability; ++number) {
        if ((wanted.ambient >> number & 1U) == 0) continue;
        // One that is not inheritable cannot be ambient: crun's own example asks for such, and like
        // crun we go on without it.
        if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) != 0 && errno != EPERM) {
            return errno_error("raising an ambient capability");
        }
    }
    return {};
}

Result<void> set_resource_limits(const oci::v1::Process& process) {
    for (const auto& limit : process.rlimits()) {
        const auto number = resource_limit_number(limit.type());
        if (!number) return Error(concat("unknown resource limit \"", limit.type(), "\""));
        const rlimit values{.rlim_cur = limit.soft(), .rlim_max = limit.hard()};
        if (::setrlimit(static_cast<__rlimit_resource_t>(*number), &values) != 0) {
            return errno_error(concat("setting ", limit.type()));
        }
    }
    return {};
}

Result<void> set_no_new_privileges() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno_error("PR_SET_NO_NEW_PRIVS");
    return {};
}

}  // namespace bulkhead::agent
