#include "tools/bulkhead/new_container.h"

#include <fcntl.h>
#include <sys/utsname.h>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/engine/container_config.h"
#include "host/runtime/container_spec.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/images.h"

namespace bulkhead::cli {

namespace {

using container::v1::Config;

constexpr std::uint32_t kPublicFileMode = 0644;

runtime::ImageConfig image_config(const image::Image& image) {
    return {image.config.entrypoint, image.config.cmd, image.config.env, image.config.working_dir,
            image.config.user};
}

std::string machine_name() {
    utsname names{};
    return ::uname(&names) == 0 ? names.machine : "";
}

// What the container runs, for lists; empty when there is nothing to run.
Words command_words(const RunFlags& flags, const image::Image& image) {
    const auto words = runtime::command_line(image_config(image), flags.container);
    return words ? *words : Words();
}

void add_file(std::string path, std::string content, Config& config) {
    auto& file = *config.add_files();
    file.set_path(std::move(path));
    file.set_content(std::move(content));
    file.set_mode(kPublicFileMode);
}

void set_machine(const RunFlags& flags, container::v1::Machine& machine) {
    if (flags.container.memory_bytes) machine.set_memory_bytes(*flags.container.memory_bytes);
    if (flags.container.cpus) machine.set_cpus(flags.container.cpus->whole_cpus());
    machine.set_kernel(flags.kernel);
    machine.set_kernel_arguments(flags.kernel_arguments);
    machine.set_disk_bytes(flags.disk_bytes);
    machine.set_start_timeout_ns(static_cast<std::uint64_t>(flags.start_timeout.count()));
}

Result<Config> make_config(const RunFlags& flags, const image::Image& image,
                           const std::string& id) {
    runtime::ContainerOptions options = flags.container;
    options.id = id;
    Config config;
    config.set_image(flags.image);
    config.set_image_id(image.id.text());
    *config.mutable_spec() = TRY(runtime::build_spec(image_config(image), options, machine_name()));
    const std::string hostname = runtime::container_hostname(options);
    add_file("/etc/hosts", runtime::hosts_file(hostname), config);
    add_file("/etc/hostname", hostname + "\n", config);
    add_file("/etc/resolv.conf", runtime::resolver_file(), config);
    set_machine(flags, *config.mutable_machine());
    config.set_open_stdin(flags.interactive);
    config.set_stdin_once(flags.interactive && !flags.detach);
    config.set_auto_remove(flags.auto_remove);
    config.set_stop_signal(flags.stop_signal);
    config.set_stop_timeout_seconds(flags.stop_timeout_seconds);
    for (const auto& [key, value] : flags.labels) (*config.mutable_labels())[key] = value;
    return config;
}

}  // namespace

Result<state::Record> create_container(const Context& context, const RunFlags& flags,
                                       state::StateStore& store) {
    const image::Image image = TRY(find_image(context.paths, flags.image));
    state::Container container = TRY(
        store.create({flags.name, flags.image, command_words(flags, image), flags.auto_remove}));
    const Config config = TRY(make_config(flags, image, container.record().id));
    TRY(engine::save_config(container.directory(), config));
    if (!flags.cid_file.empty()) {
        constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL;
        const UniqueFd file = TRY(open_file(flags.cid_file, kNew, kPublicFileMode));
        TRY(write_full(file.get(), std::as_bytes(std::span(container.record().id))));
    }
    container.keep();
    return container.record();
}

}  // namespace bulkhead::cli
