#include "guest-agent/mounts/container_mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <vector>

#include "base/text.h"
#include "guest-agent/mounts/mount_api.h"
#include "guest-agent/mounts/path.h"
#include "guest-agent/spec/mount_options.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

std::vector<std::string> options_of(const oci::v1::Mount& mount) {
    return {mount.options().begin(), mount.options().end()};
}

// As in runc and docker, a tmpfs over a directory keeps that directory's mode unless told
// otherwise.
Result<void> inherit_mode(MountOptions& options, int target) {
    if (options.has_filesystem_key("mode")) return {};

    struct stat status {};

    if (::fstat(target, &status) != 0) return errno_error("reading the mode of the target");
    std::array<char, 16> text{};
    static_cast<void>(std::snprintf(text.data(), text.size(), "mode=%o", status.st_mode & 07777U));
    options.filesystem.emplace_back(text.data());
    return {};
}

Result<UniqueFd> bind_mount(const std::string& source, const MountOptions& options) {
    const Depth depth = options.bind == MountOptions::Bind::One ? Depth::One : Depth::Recursive;
    UniqueFd mount = TRY(clone_mount(AT_FDCWD, source, depth));
    if ((options.set | options.clear) != 0) {
        TRY(change_mount(mount.get(), {.set = options.set, .clear = options.clear}, Depth::One));
    }
    return mount;
}

Result<UniqueFd> new_mount(const oci::v1::Mount& mount, const MountOptions& options) {
    return create_mount({.type = mount.type(),
                         .source = mount.source(),
                         .options = options.filesystem,
                         .attributes = options.set});
}

Result<UniqueFd> cgroup_mount(const MountOptions& options, const ContainerRoot& root) {
    if (root.in_cgroup_namespace) {
        auto mount = create_mount({.type = "cgroup2",
                                   .source = "cgroup",
                                   .options = options.filesystem,
                                   .attributes = options.set});
        if (mount || !mount.error().is(std::errc::operation_not_permitted)) return mount;
    }
    if (root.cgroup.empty()) return Error("there is no cgroup to show");
    return bind_mount(root.cgroup, options);
}

Result<UniqueFd> sysfs_mount(const oci::v1::Mount& mount, const MountOptions& options) {
    auto made = new_mount(mount, options);
    // A user namespace may mount sysfs only if it owns the network namespace too.
    if (made || !made.error().is(std::errc::operation_not_permitted)) return made;
    return bind_mount("/sys", options);
}

Result<UniqueFd> make_mount(const oci::v1::Mount& mount, const MountOptions& options,
                            const ContainerRoot& root) {
    if (options.bind != MountOptions::Bind::None || mount.type() == "bind") {
        return bind_mount(mount.source(), options);
    }
    if (mount.type() == "cgroup" || mount.type() == "cgroup2") return cgroup_mount(options, root);
    if (mount.type() == "sysfs") return sysfs_mount(mount, options);
    return new_mount(mount, options);
}

// The target is a file only when a file is bound over it.
Result<IfMissing> target_kind(const oci::v1::Mount& mount, const MountOptions& options) {
    if (options.bind == MountOptions::Bind::None && mount.type() != "bind") {
        return IfMissing::MakeDirectory;
    }

    struct stat status {};

    if (::stat(mount.source().c_str(), &status) != 0) return errno_error(mount.source());
    return S_ISDIR(status.st_mode) ? IfMissing::MakeDirectory : IfMissing::MakeFile;
}

Result<void> mount_checked(const oci::v1::Mount& mount, const ContainerRoot& root) {
    MountOptions options = parse_mount_options(options_of(mount));
    const IfMissing kind = TRY(target_kind(mount, options));
    const UniqueFd target = TRY(open_in_root(root.directory, mount.destination(), kind));
    if (mount.type() == "tmpfs") TRY(inherit_mode(options, target.get()));
    const UniqueFd made = TRY(make_mount(mount, options, root));
    if ((options.recursive_set | options.recursive_clear) != 0) {
        TRY(change_mount(made.get(),
                         {.set = options.recursive_set, .clear = options.recursive_clear},
                         Depth::Recursive));
    }
    TRY(attach_mount(made.get(), target.get()));
    if (options.propagation == 0) return {};
    const Depth depth = (options.propagation & MS_REC) != 0 ? Depth::Recursive : Depth::One;
    constexpr auto kRecursive = static_cast<std::uint64_t>(MS_REC);
    return change_mount(made.get(), {.propagation = options.propagation & ~kRecursive}, depth);
}

}  // namespace

Result<void> mount_one(const oci::v1::Mount& mount, const ContainerRoot& root) {
    return mount_checked(mount, root).context(concat("mount ", mount.destination()));
}

Result<void> mount_all(const oci::v1::Spec& spec, const ContainerRoot& root) {
    for (const auto& mount : spec.mounts()) TRY(mount_one(mount, root));
    return {};
}

}  // namespace bulkhead::agent
