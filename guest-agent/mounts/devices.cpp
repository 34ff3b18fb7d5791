#include "guest-agent/mounts/devices.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "guest-agent/mounts/mount_api.h"
#include "guest-agent/mounts/path.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

struct Node {
    std::string path;
    mode_t mode = S_IFCHR | 0666;
    dev_t device = 0;
    uid_t uid = 0;
    gid_t gid = 0;
};

// https://github.com/opencontainers/runtime-spec/blob/v1.1.0/config-linux.md#default-devices
std::array<Node, 6> default_nodes() {
    return {{
        {.path = "/dev/null", .device = makedev(1, 3)},
        {.path = "/dev/zero", .device = makedev(1, 5)},
        {.path = "/dev/full", .device = makedev(1, 7)},
        {.path = "/dev/random", .device = makedev(1, 8)},
        {.path = "/dev/urandom", .device = makedev(1, 9)},
        {.path = "/dev/tty", .device = makedev(5, 0)},
    }};
}

struct Link {
    const char* path;
    const char* target;
};

constexpr std::array kLinks = {
    Link{"/dev/fd", "/proc/self/fd"},       Link{"/dev/stdin", "/proc/self/fd/0"},
    Link{"/dev/stdout", "/proc/self/fd/1"}, Link{"/dev/stderr", "/proc/self/fd/2"},
    Link{"/dev/ptmx", "pts/ptmx"},
};

Node node_of(const oci::v1::Device& device) {
    const char type = device.type()[0];
    const mode_t kind = type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : S_IFCHR;
    return {.path = device.path(),
            .mode = kind | ((device.has_file_mode() ? device.file_mode() : 0666U) & 07777U),
            .device = makedev(static_cast<unsigned>(device.major()),
                              static_cast<unsigned>(device.minor())),
            .uid = device.uid(),
            .gid = device.gid()};
}

// In a user namespace no device node can be made: the agent's own is bound over a file instead.
Result<void> bind_node(const Node& node, const ContainerRoot& root) {
    const UniqueFd target = TRY(open_in_root(root.directory, node.path, IfMissing::MakeFile));
    const UniqueFd mount = TRY(clone_mount(AT_FDCWD, node.path, Depth::One));
    return attach_mount(mount.get(), target.get());
}

Result<void> make_node(const Node& node, const ContainerRoot& root) {
    if (root.in_user_namespace) return bind_node(node, root);
    const UniqueFd parent = TRY(open_parent_in_root(root.directory, node.path));
    const std::string name(last_component(node.path));
    // Whatever the image has there (a plain file, a link) gives way.
    if (::unlinkat(parent.get(), name.c_str(), 0) != 0 && errno != ENOENT)
        return errno_error("removing");
    if (::mknodat(parent.get(), name.c_str(), node.mode, node.device) != 0)
        return errno_error("mknod");
    if (::fchownat(parent.get(), name.c_str(), node.uid, node.gid, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno_error("chown");
    }
    return {};
}

Result<void> make_link(const Link& link, const ContainerRoot& root) {
    const UniqueFd parent = TRY(open_parent_in_root(root.directory, link.path));
    const std::string name(last_component(link.path));
    if (::unlinkat(parent.get(), name.c_str(), 0) != 0 && errno != ENOENT)
        return errno_error(link.path);
    if (::symlinkat(link.target, parent.get(), name.c_str()) != 0) return errno_error(link.path);
    return {};
}

bool binds_dev(const oci::v1::Spec& spec) {
    return std::any_of(spec.mounts().begin(), spec.mounts().end(), [](const oci::v1::Mount& mount) {
        const auto& options = mount.options();
        return mount.destination() == "/dev" &&
               (mount.type() == "bind" ||
                std::find(options.begin(), options.end(), "rbind") != options.end());
    });
}

}  // namespace

Result<void> make_devices(const oci::v1::Spec& spec, const ContainerRoot& root) {
    if (binds_dev(spec)) return {};
    for (const Node& node : default_nodes()) TRY_CONTEXT(make_node(node, root), node.path);
    for (const auto& device : spec.linux().devices()) {
        const Node node = node_of(device);
        TRY_CONTEXT(make_node(node, root), node.path);
    }
    for (const Link& link : kLinks) TRY(make_link(link, root));
    return {};
}

}  // namespace bulkhead::agent
