#include "tools/bulkhead/run_plan.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <thread>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/runtime/container_spec.h"
#include "host/sandbox/kvm_device.h"
#include "host/sandbox/writable_disk.h"
#include "proto/agent.pb.h"
#include "proto/ports.h"

namespace bulkhead::cli {

namespace {

constexpr const char* kDiskName = "disk.ext4";
constexpr std::uint32_t kPublicFileMode = 0644;

runtime::ImageConfig image_config(const image::Image& image) {
    return {image.config.entrypoint, image.config.cmd, image.config.env, image.config.working_dir,
            image.config.user};
}

std::string machine_name() {
    utsname names{};
    return ::uname(&names) == 0 ? names.machine : "";
}

// The image's read-only disk, each of its files opened once.
Result<sandbox::LaunchDisk> lower_disk(const image::Image& image) {
    sandbox::LaunchDisk disk;
    disk.serial = protocol::kLowerSerial;
    std::map<std::string, std::size_t> opened;
    for (const image::DiskSegment& segment : image.disk) {
        const auto [found, is_new] = opened.try_emplace(segment.path, disk.files.size());
        if (is_new) {
            disk.files.push_back(
                TRY_CONTEXT(open_file(segment.path, O_RDONLY), "the image is damaged"));
        }
        disk.extents.push_back({found->second, segment.file_offset, segment.length});
    }
    return disk;
}

Result<sandbox::LaunchDisk> upper_disk(const RunFlags& flags, const HostFiles& files,
                                       const state::Paths& paths,
                                       const state::Container& container) {
    sandbox::WritableDisk wanted{flags.disk_bytes, files.disk_template, container.directory(),
                                 kDiskName};
    if (flags.auto_remove) {
        // Without a name, whatever happens to us leaves nothing; and not in the container's
        // directory, which is in memory.
        wanted.name.reset();
        wanted.directory = paths.root;
    }
    sandbox::LaunchDisk disk;
    disk.serial = protocol::kUpperSerial;
    disk.read_only = false;
    disk.files.push_back(TRY(sandbox::make_writable_disk(wanted)));
    disk.extents.push_back({0, 0, flags.disk_bytes});
    return disk;
}

void inject(std::string path, std::string content, agent::v1::StartRequest& request) {
    auto& file = *request.add_files();
    file.set_path(std::move(path));
    file.set_content(std::move(content));
    file.set_mode(kPublicFileMode);
}

Result<std::unique_ptr<agent::v1::StartRequest>> start_request(
    const RunFlags& flags, const image::Image& image, const runtime::ContainerOptions& options) {
    auto request = std::make_unique<agent::v1::StartRequest>();
    *request->mutable_spec() =
        TRY(runtime::build_spec(image_config(image), options, machine_name()));
    request->mutable_root()->set_lower_serial(std::string(protocol::kLowerSerial));
    if (!flags.container.read_only_root)
        request->mutable_root()->set_upper_serial(std::string(protocol::kUpperSerial));
    const std::string hostname = runtime::container_hostname(options);
    inject("/etc/hosts", runtime::hosts_file(hostname), *request);
    inject("/etc/hostname", hostname + "\n", *request);
    inject("/etc/resolv.conf", runtime::resolver_file(), *request);
    return request;
}

sandbox::StdioPlan stdio_plan(const RunFlags& flags) {
    sandbox::StdioPlan stdio;
    if (flags.interactive) stdio.input = STDIN_FILENO;
    stdio.output = STDOUT_FILENO;
    if (!flags.terminal) stdio.error = STDERR_FILENO;
    return stdio;
}

}  // namespace

std::string image_store_path(const state::Paths& paths) {
    return paths.root + "/images";
}

Result<image::Image> find_image(const state::Paths& paths, const std::string& reference) {
    const auto store = TRY(image::ImageStore::open(image_store_path(paths)));
    auto image = store.find(reference);
    if (image || !image.error().is(std::errc::no_such_file_or_directory)) return image;
    return Error(image.error().code(),
                 concat("Unable to find image '", reference,
                        "' locally: load one with `bulkhead load FILE` (an OCI layout, or an "
                        "archive as `docker save` writes it); `bulkhead images` lists what is "
                        "there"));
}

Words command_words(const RunFlags& flags, const image::Image& image) {
    const auto words = runtime::command_line(image_config(image), flags.container);
    return words ? *words : Words();
}

Result<sandbox::SandboxPlan> make_plan(const RunFlags& flags, const image::Image& image,
                                       const HostFiles& files, const state::Paths& paths,
                                       const state::Container& container) {
    runtime::ContainerOptions options = flags.container;
    options.id = container.record().id;
    sandbox::SandboxPlan plan;
    plan.start = TRY(start_request(flags, image, options));

    sandbox::Launch& launch = plan.launch;
    launch.kvm = TRY(sandbox::open_kvm());
    const std::string& kernel = flags.kernel.empty() ? files.kernel : flags.kernel;
    launch.kernel = TRY_CONTEXT(open_file(kernel, O_RDONLY), "the guest's kernel");
    launch.initrd = TRY_CONTEXT(open_file(files.initramfs, O_RDONLY), "the guest's agent");
    const auto cpus = options.cpus ? std::optional(options.cpus->whole_cpus()) : std::nullopt;
    launch.shape = sandbox::Shape::of(options.memory_bytes, cpus,
                                      std::max(1U, std::thread::hardware_concurrency()));
    launch.kernel_arguments = flags.kernel_arguments;
    launch.disks.push_back(TRY(lower_disk(image)));
    if (!options.read_only_root)
        launch.disks.push_back(TRY(upper_disk(flags, files, paths, container)));

    plan.vm = {files.monitor, flags.show_console};
    plan.stdio = stdio_plan(flags);
    plan.start_timeout = flags.start_timeout;
    plan.orderly_shutdown = !flags.auto_remove && !options.read_only_root;
    return plan;
}

}  // namespace bulkhead::cli
