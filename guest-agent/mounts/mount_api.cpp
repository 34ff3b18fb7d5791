#include "guest-agent/mounts/mount_api.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "base/text.h"

namespace bulkhead::agent {
namespace {

// The kernel explains a refusal in messages that are read from the context: "e tmpfs: Bad value for
// 'size'".
std::string explanation(int context) {
    std::array<char, 512> text{};
    const ssize_t length = ::read(context, text.data(), text.size());
    constexpr std::size_t kPrefix = 2;
    if (length <= static_cast<ssize_t>(kPrefix)) return {};
    std::string_view message(text.data() + kPrefix, static_cast<std::size_t>(length) - kPrefix);
    while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
    return concat(" (", message, ")");
}

Result<void> set_option(int context, const std::string& option) {
    const auto equals = option.find('=');
    const std::string key = option.substr(0, equals);
    const bool flag = equals == std::string::npos;
    const int failed = flag ? ::fsconfig(context, FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0)
                            : ::fsconfig(context, FSCONFIG_SET_STRING, key.c_str(),
                                         option.c_str() + equals + 1, 0);
    if (failed == 0) return {};
    const int error = errno;
    return errno_error(error, concat("option \"", option, "\"", explanation(context)));
}

Result<UniqueFd> create(const NewMount& wanted) {
    UniqueFd context(::fsopen(wanted.type.c_str(), FSOPEN_CLOEXEC));
    if (!context.valid()) return errno_error("fsopen");
    if (!wanted.source.empty()) TRY(set_option(context.get(), "source=" + wanted.source));
    for (const std::string& option : wanted.options) TRY(set_option(context.get(), option));
    if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
        const int error = errno;
        return errno_error(error, concat("creating it", explanation(context.get())));
    }
    UniqueFd mount(
        ::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(wanted.attributes)));
    if (!mount.valid()) return errno_error("fsmount");
    return mount;
}

}  // namespace

Result<UniqueFd> create_mount(const NewMount& wanted) {
    return create(wanted).context(concat("mounting ", wanted.type));
}

Result<UniqueFd> clone_mount(int directory, const std::string& path, Depth depth) {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
    if (depth == Depth::Recursive) flags |= AT_RECURSIVE;
    if (path.empty()) flags |= AT_EMPTY_PATH;
    UniqueFd mount(::open_tree(directory, path.c_str(), flags));
    if (!mount.valid()) return errno_error(concat("copying the mount at \"", path, "\""));
    return mount;
}

Result<void> change_mount(int mount, const AttributeChange& change, Depth depth) {
    mount_attr attributes{};
    attributes.attr_set = change.set;
    attributes.attr_clr = change.clear;
    attributes.propagation = change.propagation;
    if (change.user_namespace >= 0) {
        attributes.userns_fd = static_cast<__u64>(change.user_namespace);
    }
    const unsigned flags = AT_EMPTY_PATH | (depth == Depth::Recursive ? AT_RECURSIVE : 0U);
    if (::mount_setattr(mount, "", flags, &attributes, sizeof(attributes)) != 0) {
        return errno_error("changing a mount's attributes");
    }
    return {};
}

Result<void> attach_mount(int mount, int target) {
    if (::move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) !=
        0) {
        return errno_error("attaching a mount");
    }
    return {};
}

}  // namespace bulkhead::agent
