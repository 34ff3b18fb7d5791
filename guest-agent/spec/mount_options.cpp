#include "guest-agent/spec/mount_options.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace bulkhead::agent {
namespace {

struct Attribute {
    std::string_view name;
    std::uint64_t set;
    std::uint64_t clear;
};

// The access-time modes share a field: setting one clears the field first (mount_setattr(2)).
constexpr std::array kAttributes = {
    Attribute{"ro", MOUNT_ATTR_RDONLY, 0},
    Attribute{"rw", 0, MOUNT_ATTR_RDONLY},
    Attribute{"nosuid", MOUNT_ATTR_NOSUID, 0},
    Attribute{"suid", 0, MOUNT_ATTR_NOSUID},
    Attribute{"nodev", MOUNT_ATTR_NODEV, 0},
    Attribute{"dev", 0, MOUNT_ATTR_NODEV},
    Attribute{"noexec", MOUNT_ATTR_NOEXEC, 0},
    Attribute{"exec", 0, MOUNT_ATTR_NOEXEC},
    Attribute{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    Attribute{"diratime", 0, MOUNT_ATTR_NODIRATIME},
    Attribute{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    Attribute{"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    Attribute{"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    Attribute{"norelatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    Attribute{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    Attribute{"nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    Attribute{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
    Attribute{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
};

struct Propagation {
    std::string_view name;
    std::uint64_t flags;
};

constexpr std::array kPropagations = {
    Propagation{"private", MS_PRIVATE},       Propagation{"rprivate", MS_PRIVATE | MS_REC},
    Propagation{"slave", MS_SLAVE},           Propagation{"rslave", MS_SLAVE | MS_REC},
    Propagation{"shared", MS_SHARED},         Propagation{"rshared", MS_SHARED | MS_REC},
    Propagation{"unbindable", MS_UNBINDABLE}, Propagation{"runbindable", MS_UNBINDABLE | MS_REC},
};

const Attribute* find_attribute(std::string_view name) {
    const auto* found = std::find_if(kAttributes.begin(), kAttributes.end(),
                                     [&](const Attribute& each) { return each.name == name; });
    return found == kAttributes.end() ? nullptr : found;
}

const Propagation* find_propagation(std::string_view name) {
    const auto* found = std::find_if(kPropagations.begin(), kPropagations.end(),
                                     [&](const Propagation& each) { return each.name == name; });
    return found == kPropagations.end() ? nullptr : found;
}

// The last word wins: what an option sets, it takes out of what is to be cleared, and the reverse.
void combine(std::uint64_t& set, std::uint64_t& clear, const Attribute& attribute) {
    set = (set & ~attribute.clear) | attribute.set;
    const std::uint64_t atime = attribute.clear & MOUNT_ATTR__ATIME;
    clear = (clear & ~attribute.set) | attribute.clear | atime;
}

}  // namespace

bool MountOptions::has_filesystem_key(std::string_view key) const {
    return std::any_of(filesystem.begin(), filesystem.end(), [&](const std::string& option) {
        return option.size() > key.size() && option.starts_with(key) && option[key.size()] == '=';
    });
}

MountOptions parse_mount_options(std::span<const std::string> options) {
    MountOptions parsed;
    for (const std::string& option : options) {
        if (option.empty() || option == "defaults") continue;
        if (option == "bind" || option == "rbind") {
            parsed.bind =
                option == "bind" ? MountOptions::Bind::One : MountOptions::Bind::Recursive;
        } else if (const Attribute* attribute = find_attribute(option)) {
            combine(parsed.set, parsed.clear, *attribute);
        } else if (const Propagation* propagation = find_propagation(option)) {
            parsed.propagation = propagation->flags;
        } else if (const Attribute* recursive =
                       option[0] == 'r' ? find_attribute(std::string_view(option).substr(1))
                                        : nullptr) {
            combine(parsed.recursive_set, parsed.recursive_clear, *recursive);
        } else {
            parsed.filesystem.push_back(option);
        }
    }
    return parsed;
}

Result<std::uint64_t> parse_propagation(std::string_view name) {
    if (name.empty()) return MS_PRIVATE | MS_REC;
    if (const Propagation* found = find_propagation(name)) return found->flags;
    return Error(concat("unknown mount propagation \"", name, "\""));
}

}  // namespace bulkhead::agent
