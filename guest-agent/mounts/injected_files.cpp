#include "guest-agent/mounts/injected_files.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <array>
#include <string>

#include "base/syscalls.h"
#include "base/text.h"
#include "guest-agent/mounts/mount_api.h"
#include "guest-agent/mounts/path.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

// Copying a mount needs an attached original (before Linux 6.15), so the tmpfs gets a place to be.
constexpr const char* kPlace = "/run";

Result<UniqueFd> make_store() {
    // Room for the content and for what the container may append, page by page.
    const std::array<std::string, 2> options = {"size=4m", "mode=700"};
    UniqueFd store = TRY(create_mount({.type = "tmpfs",
                                       .source = "files",
                                       .options = options,
                                       .attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV}));
    const UniqueFd place = TRY(open_file(kPlace, O_PATH | O_DIRECTORY));
    TRY(attach_mount(store.get(), place.get()));
    return store;
}

Result<void> inject(const v1::InjectedFile& file, int store, const std::string& name, int root,
                    bool readonly) {
    const UniqueFd made(
        ::openat(store, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!made.valid()) return errno_error("making the file");
    TRY(write_full(made.get(), std::as_bytes(std::span(file.content()))));
    if (::fchmod(made.get(), file.mode() & 07777U) != 0) return errno_error("chmod");
    const UniqueFd mount = TRY(clone_mount(store, name, Depth::One));
    if (readonly) TRY(change_mount(mount.get(), {.set = MOUNT_ATTR_RDONLY}, Depth::One));
    const UniqueFd target = TRY(open_in_root(root, file.path(), IfMissing::MakeFile));
    return attach_mount(mount.get(), target.get());
}

}  // namespace

Result<void> inject_files(const v1::StartRequest& request, int root) {
    if (request.files().empty()) return {};
    const UniqueFd store = TRY_CONTEXT(make_store(), "injected files");
    int number = 0;
    for (const auto& file : request.files()) {
        TRY_CONTEXT(
            inject(file, store.get(), std::to_string(number), root, request.spec().root_readonly()),
            concat("injected file ", file.path()));
        ++number;
    }
    return {};
}

}  // namespace bulkhead::agent
