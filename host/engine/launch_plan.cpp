#include "host/engine/launch_plan.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <thread>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/engine/bundle_disk.h"
#include "host/engine/machine_limits.h"
#include "host/engine/update.h"
#include "host/image/image_store.h"
#include "host/sandbox/disk_copy.h"
#include "host/sandbox/kvm_device.h"
#include "host/sandbox/writable_disk.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"
#include "proto/ports.h"

namespace bulkhead::engine {

namespace {

using container::v1::Config;

constexpr const char* kDiskName = "disk.ext4";
// A disk that is not formatted yet.
constexpr const char* kNewDiskName = "disk.ext4.new";

// The image's read-only disk, each of its files opened once.
Result<sandbox::LaunchDisk> image_disk(const image::Image& image) {
    sandbox::LaunchDisk disk;
    disk.serial = protocol::kLowerSerial;
    std::map<std::string, std::size_t> opened;
    for (const image::DiskSegment& segment : image.disk) {
        const auto [found, is_new] = opened.try_emplace(segment.path, disk.files.size());
        if (is_new) {
            disk.files.push_back(
                TRY_CONTEXT(open_file(segment.path, O_RDONLY), "the image is damaged"));
            disk.paths.push_back(segment.path);
        }
        disk.extents.push_back({found->second, segment.file_offset, segment.length});
    }
    return disk;
}

Result<sandbox::LaunchDisk> lower_disk(const Config& config, const LaunchPlaces& places) {
    const std::string& root = config.root_directory();
    if (!root.empty()) {
        // As with the writable disk: the directory of a --rm container is in memory.
        return config.auto_remove() ? bundle_disk(root, places.disks, BundleDisk::Unnamed)
                                    : bundle_disk(root, places.directory, BundleDisk::Kept);
    }
    const auto store = TRY(image::ImageStore::open(places.image_store));
    const image::Image image = TRY(store.find(config.image_id()));
    return image_disk(image);
}

Result<UniqueFd> new_disk(const sandbox::WritableDisk& wanted, int original) {
    if (original < 0) return sandbox::make_writable_disk(wanted);
    UniqueFd made = TRY(sandbox::make_disk_file(wanted));
    TRY_CONTEXT(sandbox::copy_disk(original, made.get()), "copying the writable disk");
    return made;
}

// What the container wrote in its earlier runs, or a new disk.
Result<UniqueFd> kept_disk(sandbox::WritableDisk wanted, int original) {
    const std::string path = concat(wanted.directory, "/", kDiskName);
    // A copy is what it begins with: an earlier one was never used.
    if (original >= 0 && ::unlink(path.c_str()) != 0 && errno != ENOENT)
        return errno_error("unlink " + path);
    auto kept = open_file(path, O_RDWR);
    if (kept || !kept.error().is(std::errc::no_such_file_or_directory)) return kept;
    const std::string unfinished = concat(wanted.directory, "/", kNewDiskName);
    if (::unlink(unfinished.c_str()) != 0 && errno != ENOENT)
        return errno_error("unlink " + unfinished);
    wanted.name = kNewDiskName;
    UniqueFd made = TRY(new_disk(wanted, original));
    if (std::rename(unfinished.c_str(), path.c_str()) != 0)
        return errno_error("rename " + unfinished);
    return made;
}

Result<sandbox::LaunchDisk> upper_disk(const Config& config, const HostFiles& files,
                                       const LaunchPlaces& places, int original) {
    sandbox::WritableDisk wanted{config.machine().disk_bytes(), files.disk_template,
                                 places.directory, std::nullopt};
    sandbox::LaunchDisk disk;
    disk.serial = protocol::kUpperSerial;
    disk.read_only = false;
    if (config.auto_remove()) {
        // Without a name, whatever happens to us leaves nothing; and not in the container's
        // directory, which is in memory.
        wanted.directory = places.disks;
        disk.files.push_back(TRY(new_disk(wanted, original)));
    } else {
        disk.files.push_back(TRY(kept_disk(std::move(wanted), original)));
    }
    const std::uint64_t size = TRY(file_size(disk.files.back().get()));
    disk.extents.push_back({0, 0, size});
    return disk;
}

std::unique_ptr<agent::v1::StartRequest> start_request(const Config& config) {
    auto request = std::make_unique<agent::v1::StartRequest>();
    *request->mutable_spec() = config.spec();
    *request->mutable_files() = config.files();
    request->set_init(config.init());
    request->mutable_root()->set_lower_serial(std::string(protocol::kLowerSerial));
    if (!config.spec().root_readonly())
        request->mutable_root()->set_upper_serial(std::string(protocol::kUpperSerial));
    return request;
}

sandbox::Shape shape_of(const container::v1::Machine& machine) {
    const auto memory =
        machine.has_memory_bytes() ? std::optional(machine.memory_bytes()) : std::nullopt;
    const auto cpus = machine.has_cpus() ? std::optional(machine.cpus()) : std::nullopt;
    return sandbox::Shape::of(memory, cpus, std::max(1U, std::thread::hardware_concurrency()));
}

// What the user adds, and then what options ask for: the last word counts.
std::string kernel_arguments(const container::v1::Machine& machine) {
    if (!machine.init_on_alloc()) return machine.kernel_arguments();
    return concat(machine.kernel_arguments(), machine.kernel_arguments().empty() ? "" : " ",
                  "init_on_alloc=1");
}

}  // namespace

const std::string& kernel_of(const container::v1::Machine& machine, const HostFiles& files) {
    return machine.kernel().empty() ? files.kernel : machine.kernel();
}

bool has_own_disk(const Config& config, const LaunchPlaces& places) {
    return !config.auto_remove() &&
           ::access(concat(places.directory, "/", kDiskName).c_str(), F_OK) == 0;
}

Result<sandbox::Launch> make_boot(const container::v1::Machine& machine, const HostFiles& files) {
    sandbox::Launch launch;
    launch.kvm = TRY(sandbox::open_kvm());
    launch.kernel =
        TRY_CONTEXT(open_file(kernel_of(machine, files), O_RDONLY), "the guest's kernel");
    launch.initrd = TRY_CONTEXT(open_file(files.initramfs, O_RDONLY), "the guest's agent");
    launch.shape = shape_of(machine);
    launch.kernel_arguments = kernel_arguments(machine);
    return launch;
}

Result<sandbox::SandboxPlan> make_launch_plan(const Config& config, const HostFiles& files,
                                              const LaunchPlaces& places,
                                              const DiskOriginal& original) {
    const container::v1::Machine& machine = config.machine();
    const bool writable = !config.spec().root_readonly();

    sandbox::SandboxPlan plan;
    plan.start = start_request(config);
    plan.start->set_container_id(std::filesystem::path(places.directory).filename().string());
    sandbox::Launch& launch = plan.launch;
    launch = TRY(make_boot(machine, files));
    launch.device_limits = device_limits_of(config);
    launch.disks.push_back(TRY(lower_disk(config, places)));
    const int upper = original ? TRY(original(plan)) : -1;
    if (writable) launch.disks.push_back(TRY(upper_disk(config, files, places, upper)));
    plan.vm.program = files.monitor;
    plan.vm.jail.required = machine.jail_required();
    if (auto place = container_place(config, plan.start->container_id())) {
        plan.vm.jail.cgroup = {*std::move(place),
                               machine_limits(config, launch.shape, whole_disks_of(launch.disks)),
                               !machine.cgroup_parent().empty()};
    }
    plan.start_timeout = std::chrono::nanoseconds(machine.start_timeout_ns());
    plan.orderly_shutdown = writable && !config.auto_remove();
    plan.auto_remove = config.auto_remove();
    return plan;
}

}  // namespace bulkhead::engine
