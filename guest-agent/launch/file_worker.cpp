#include "guest-agent/launch/file_worker.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "base/log.h"
#include "base/syscalls.h"
#include "guest-agent/files/identity.h"
#include "guest-agent/files/work.h"
#include "guest-agent/launch/privileges.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

constexpr std::uint64_t bit(unsigned capability) {
    return std::uint64_t{1} << capability;
}

// What it takes to read everything, and to make any file with any owner and mode.
constexpr std::uint64_t kNeeded = bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER) |
                                  bit(CAP_FSETID) | bit(CAP_MKNOD) | bit(CAP_SETFCAP);
// overlayfs keeps its marks in trusted.* attributes.
constexpr std::uint64_t kNeededForLayers = kNeeded | bit(CAP_SYS_ADMIN);

Result<void> confine_to(const std::string& directory) {
    if (::chroot(directory.c_str()) != 0) return errno_error("entering " + directory);
    if (::chdir("/") != 0) return errno_error("entering " + directory);
    return {};
}

// What the work may see: all layers with their marks, the root without mounts, or the container as
// it sees itself.
Result<void> enter(const FileWorkerContext& context, FileView view, int namespaces) {
    const std::string& root = context.request.root;
    switch (view) {
        case FileView::Layers:
            return confine_to(std::filesystem::path(root).parent_path().string());
        case FileView::Root:
            return confine_to(root);
        case FileView::Container:
            break;
    }
    const int container = context.request.container.get();
    if (container < 0) return confine_to(root);
    // Its root becomes ours, too (setns(2)).
    if (::setns(container, namespaces) != 0) return errno_error("entering the container's mounts");
    return {};
}

Result<void> give_up_privileges(FileView view) {
    const std::uint64_t needed = view == FileView::Layers ? kNeededForLayers : kNeeded;
    TRY(drop_bounding(needed));
    TRY(set_capabilities({.bounding = needed,
                          .effective = needed,
                          .inheritable = 0,
                          .permitted = needed,
                          .ambient = 0}));
    return set_no_new_privileges();
}

void prepare_process() {
    ::prctl(PR_SET_NAME, "files");
    ::prctl(PR_SET_DUMPABLE, 0);
    ::umask(0);
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    ::signal(SIGPIPE, SIG_IGN);  // a host that is gone is an error of write()
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // A descriptor is open for each level of directories.
    constexpr rlim_t kDescriptors = 4096;
    const rlimit limit{.rlim_cur = kDescriptors, .rlim_max = kDescriptors};
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<void> make_blocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0) return errno_error("fcntl");
    return {};
}

Result<v1::FilesReply> do_work(const FileWorkerContext& context) {
    prepare_process();
    v1::FilesRequest request;
    if (!request.ParseFromString(context.request.files)) return Error("a malformed request");
    const int stream = context.request.streams[0].get();
    if (stream >= 0) TRY(make_blocking(stream));
    const FileView view = view_of(request);
    const MountPoints hidden = mount_points(context.start);
    if (request.has_identity()) {
        const UniqueFd boot_id = TRY(renew_boot_id());
        TRY(enter(context, view, CLONE_NEWNS | CLONE_NEWUTS));
        TRY(take_identity(request.identity(), boot_id));
        return v1::FilesReply();
    }
    TRY(enter(context, view, CLONE_NEWNS));
    TRY(give_up_privileges(view));
    return perform(request, stream, hidden);
}

}  // namespace

void run_file_worker(const FileWorkerContext& context) {
    std::array<std::byte, 1> go{};
    const auto got = read_full(context.go, go);
    if (got && *got == 1) {
        auto reply = do_work(context);
        // With nobody left to tell, there is nothing to do about it.
        if (reply) {
            static_cast<void>(context.status.send_result(reply->SerializeAsString()));
        } else {
            static_cast<void>(context.status.send_failure(LaunchFailure::other(reply.error())));
        }
    }
    std::_Exit(0);
}

}  // namespace bulkhead::agent
