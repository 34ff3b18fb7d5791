#include "host/engine/own_confinement.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/syscalls.h"
#include "host/engine/machine_limits.h"
#include "host/jail/file_tree.h"
#include "host/jail/own_capabilities.h"
#include "host/jail/refused_calls.h"
#include "host/jail/spawn.h"
#include "host/sandbox/kvm_device.h"
#include "proto/container.pb.h"

namespace bulkhead::engine {

namespace {

using Kind = jail::TreeEntry::Kind;

// Many times what a supervisor needs; one that is made to take more fails alone.
constexpr rlim_t kMostMemory = rlim_t{1} << 30U;

// Only for us: what we start takes back what it may.
Result<void> limit_own_memory() {
    rlimit bounds{};
    if (::getrlimit(RLIMIT_DATA, &bounds) != 0) return errno_error("getrlimit");
    bounds.rlim_cur = std::min(bounds.rlim_max, kMostMemory);
    if (::setrlimit(RLIMIT_DATA, &bounds) != 0) return errno_error("setrlimit");
    return {};
}

// The part of a cgroup's parent that is directly below the mount: what is made for a container is
// in there, since the command that starts a supervisor.
std::string top_cgroup(const cgroup::Place& place) {
    return place.mount + place.parent.substr(0, place.parent.find('/', 1));
}

std::vector<jail::TreeEntry> needed_files(const container::v1::Config& config,
                                          const HostFiles& files, const state::Paths& paths) {
    std::vector<jail::TreeEntry> entries = {
        {paths.root, Kind::Writable},          {paths.state, Kind::Writable},
        {jail::kUserSlots, Kind::Writable},    {files.monitor, Kind::Program},
        {files.kernel, Kind::ReadOnly},        {files.initramfs, Kind::ReadOnly},
        {files.disk_template, Kind::ReadOnly}, {"/sys", Kind::ReadOnly},  // which disks there are
        {cgroup::kMount, Kind::ReadOnly},
    };
    if (!config.machine().kernel().empty())
        entries.push_back({config.machine().kernel(), Kind::ReadOnly});
    if (const auto place = container_place(config, ""))
        entries.push_back({top_cgroup(*place), Kind::Writable});
    // Last, so that a kernel that somebody names so does not lie over them.
    entries.push_back({sandbox::kKvmPath, Kind::Device});
    entries.push_back({"/dev/null", Kind::Device});
    return entries;
}

void note(const Result<void>& done) {
    if (!done) log::warning(done.error().message());
}

}  // namespace

Result<void> OwnConfinement::confine(const container::v1::Config& config,
                                     const HostFiles& files) const {
    TRY(limit_own_memory());
    TRY(jail::refuse_calls());
    if (::geteuid() != 0) return Error("needs root");
    // A branch of what does not exist would never come to be. What fails here does so again when it
    // is needed, and is said then.
    static_cast<void>(::mkdir(jail::kUserSlots, 0700));
    return jail::enter_file_tree(needed_files(config, files, paths_));
}

void OwnConfinement::before_launch(const container::v1::Config& config, const HostFiles& files) {
    if (std::exchange(entered_, true)) return;
    if (const auto confined = confine(config, files); !confined)
        missing_ = confined.error().message();
}

void OwnConfinement::after_launch(const jail::Report& report) {
    if (std::exchange(lowered_, true)) return;
    if (report.has(jail::Layer::UserNamespace)) note(jail::keep_capabilities_for_monitors());
    if (report.has(jail::Layer::PidNamespace)) note(jail::refuse_signals());
}

}  // namespace bulkhead::engine
