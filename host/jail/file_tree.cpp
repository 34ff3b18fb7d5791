#include "host/jail/file_tree.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <initializer_list>
#include <utility>
#include <vector>

#include "base/syscalls.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "host/jail/new_root.h"

namespace bulkhead::jail {

namespace {

// A copy of a part of the host's tree that is not attached anywhere.
struct Branch {
    std::string path;
    bool directory = false;
    UniqueFd mount;
};

std::uint64_t attributes_of(TreeEntry::Kind kind) {
    const std::uint64_t all = MOUNT_ATTR_NOSUID;
    switch (kind) {
        case TreeEntry::Kind::Writable:
            return all | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
        case TreeEntry::Kind::ReadOnly:
            return all | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
        case TreeEntry::Kind::Program:
            return all | MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY;
        case TreeEntry::Kind::Device:
            break;
    }
    // Devices can be written to on a read-only mount.
    return all | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
}

Result<Branch> copy_branch(const TreeEntry& entry) {
    const unsigned recursive = entry.kind == TreeEntry::Kind::Writable ? AT_RECURSIVE : 0;
    Branch branch;
    branch.path = entry.path;
    branch.mount = UniqueFd(
        ::open_tree(AT_FDCWD, entry.path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive));
    if (!branch.mount.valid()) return errno_error("copy the mount " + entry.path);

    struct stat status {};

    if (::fstat(branch.mount.get(), &status) != 0) return errno_error(entry.path);
    branch.directory = S_ISDIR(status.st_mode);
    mount_attr attributes{};
    attributes.attr_set = attributes_of(entry.kind);
    if (::mount_setattr(branch.mount.get(), "", AT_EMPTY_PATH | recursive, &attributes,
                        sizeof(attributes)) != 0)
        return errno_error("restrict the mount " + entry.path);
    return branch;
}

using MountOption = std::pair<const char*, const char*>;

Result<UniqueFd> new_mount(const char* type, std::initializer_list<MountOption> options) {
    const UniqueFd context(::fsopen(type, FSOPEN_CLOEXEC));
    if (!context.valid()) return errno_error(type);
    for (const auto& [option, value] : options) {
        if (::fsconfig(context.get(), FSCONFIG_SET_STRING, option, value, 0) != 0)
            return errno_error(concat(type, " with ", option, "=", value));
    }
    if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
        return errno_error(std::string("make ") + type);
    UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC,
                             MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
    if (!mount.valid()) return errno_error(std::string("mount ") + type);
    return mount;
}

bool make_node(int root, const std::filesystem::path& relative, bool directory) {
    const int made = directory ? ::mkdirat(root, relative.c_str(), 0755)
                               : ::mknodat(root, relative.c_str(), S_IFREG | 0444, 0);
    return made == 0 || errno == EEXIST;
}

// Makes what a mount goes onto, below `root`: a directory or an empty file, and what is above it.
// What is there already, in a branch that was attached before, is as good.
Result<void> make_place(int root, const std::filesystem::path& relative, bool directory) {
    if (make_node(root, relative, directory)) return {};
    if (errno == ENOENT && relative.has_parent_path()) {
        TRY(make_place(root, relative.parent_path(), true));
        if (make_node(root, relative, directory)) return {};
    }
    return errno_error("make " + relative.string());
}

Result<void> attach(int root, const Branch& branch) {
    const std::filesystem::path relative =
        std::filesystem::path(branch.path).lexically_normal().relative_path();
    TRY(make_place(root, relative, branch.directory));
    if (::move_mount(branch.mount.get(), "", root, relative.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return errno_error("mount " + branch.path);
    return {};
}

Result<std::vector<Branch>> copy_branches(std::span<const TreeEntry> entries) {
    std::vector<Branch> branches;
    for (const TreeEntry& entry : entries) {
        auto branch = copy_branch(entry);
        if (!branch && branch.error().is(std::errc::no_such_file_or_directory)) continue;
        branches.push_back(TRY(std::move(branch)));
    }
    UniqueFd proc = TRY(new_mount("proc", {{"subset", "pid"}, {"hidepid", "invisible"}}));
    branches.push_back({"/proc", true, std::move(proc)});
    // What contains another comes first.
    std::ranges::stable_sort(branches, {}, [](const Branch& branch) { return branch.path.size(); });
    return branches;
}

}  // namespace

Result<void> enter_file_tree(std::span<const TreeEntry> entries) {
    if (::unshare(CLONE_NEWNS) != 0) return errno_error("mount namespace");
    if (!keep_mounts_private()) return errno_error("make mounts private");
    const std::vector<Branch> branches = TRY(copy_branches(entries));
    const UniqueFd root = TRY(new_mount("tmpfs", {{"size", "256k"}, {"mode", "0755"}}));
    if (!attach_root(root.get())) return errno_error("attach the root");
    for (const Branch& branch : branches) TRY(attach(root.get(), branch));
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(root.get(), "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) != 0)
        return errno_error("make the root read-only");
    if (!switch_root(root.get())) return errno_error("change the root");
    return {};
}

}  // namespace bulkhead::jail
