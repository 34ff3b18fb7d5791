#include "guest-agent/mounts/hidden_paths.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <array>
#include <optional>
#include <string>

#include "base/syscalls.h"
#include "base/text.h"
#include "guest-agent/mounts/mount_api.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

Result<std::optional<UniqueFd>> open_if_there(const std::string& path) {
    auto opened = open_file(path, O_PATH);
    if (opened) return std::optional<UniqueFd>(*std::move(opened));
    if (opened.error().is(std::errc::no_such_file_or_directory) ||
        opened.error().is(std::errc::not_a_directory)) {
        return std::optional<UniqueFd>();
    }
    return std::move(opened).error();
}

// All masked directories show one empty read-only tmpfs; all masked files are /dev/null.
class Masks {
  public:
    Result<void> mask(const std::string& path) {
        const auto target = TRY(open_if_there(path));
        if (!target) return {};

        struct stat status {};

        if (::fstat(target->get(), &status) != 0) return errno_error("fstat");
        const UniqueFd mount =
            TRY(S_ISDIR(status.st_mode) ? empty_directory()
                                        : clone_mount(AT_FDCWD, "/dev/null", Depth::One));
        TRY(attach_mount(mount.get(), target->get()));
        if (S_ISDIR(status.st_mode)) first_directory_ = path;
        return {};
    }

  private:
    Result<UniqueFd> empty_directory() {
        if (!first_directory_.empty()) return clone_mount(AT_FDCWD, first_directory_, Depth::One);
        constexpr std::uint64_t kAttributes =
            MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
        const std::array<std::string, 2> options = {"size=4k", "nr_inodes=1"};
        return create_mount(
            {.type = "tmpfs", .source = "masked", .options = options, .attributes = kAttributes});
    }

    std::string first_directory_;
};

Result<void> make_readonly(const std::string& path) {
    const auto target = TRY(open_if_there(path));
    if (!target) return {};
    const UniqueFd mount = TRY(clone_mount(target->get(), "", Depth::Recursive));
    TRY(change_mount(mount.get(), {.set = MOUNT_ATTR_RDONLY}, Depth::Recursive));
    return attach_mount(mount.get(), target->get());
}

}  // namespace

Result<void> hide_paths(const oci::v1::Linux& linux) {
    for (const auto& path : linux.readonly_paths()) {
        TRY_CONTEXT(make_readonly(path), concat("read-only path ", path));
    }
    Masks masks;
    for (const auto& path : linux.masked_paths())
        TRY_CONTEXT(masks.mask(path), concat("masked path ", path));
    return {};
}

}  // namespace bulkhead::agent
