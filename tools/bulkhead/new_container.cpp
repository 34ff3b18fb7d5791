#include "tools/bulkhead/new_container.h"

#include <fcntl.h>
#include <sys/utsname.h>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/engine/machine_limits.h"
#include "host/engine/update.h"
#include "host/runtime/container_spec.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/asked.h"
#include "tools/bulkhead/bundle_container.h"
#include "tools/bulkhead/checkpoint_container.h"
#include "tools/bulkhead/container_policies.h"
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

void add_files(const RunFlags& flags, const std::string& hostname, Config& config) {
    const auto& options = flags.container;
    add_file("/etc/hosts", runtime::hosts_file(hostname, options.domainname, options.hosts),
             config);
    add_file("/etc/hostname", hostname + "\n", config);
    add_file("/etc/resolv.conf", runtime::resolver_file(options.resolver), config);
}

Result<Config> make_config(const RunFlags& flags, const image::Image& image,
                           const std::string& id) {
    runtime::ContainerOptions options = flags.container;
    options.id = id;
    Config config;
    config.set_image(flags.image);
    config.set_image_id(image.id.text());
    config.set_strict(options.strict);
    *config.mutable_spec() = TRY(runtime::build_spec(image_config(image), options, machine_name()));
    add_files(flags, runtime::container_hostname(options), config);
    set_machine(flags, *config.mutable_machine());
    set_asked(flags, image_config(image), *config.mutable_asked());
    TRY(set_policies(flags, image.config, config));
    return config;
}

// docker's --cidfile: it must be new.
Result<void> write_id(const std::string& path, const std::string& id) {
    if (path.empty()) return {};
    const UniqueFd file = TRY(open_file(path, O_WRONLY | O_CREAT | O_EXCL, kPublicFileMode));
    return write_full(file.get(), std::as_bytes(std::span(id)));
}

std::string cgroups(const RunFlags& flags) {
    const auto place = engine::container_place(flags.cgroup_parent, "");
    return place ? place->path() : "";
}

Result<state::Container> create_from_image(const Context& context, const RunFlags& flags,
                                           engine::Engine& engine) {
    const image::Image image = TRY(find_image(context.paths, flags.image));
    TRY(check_platform(flags.platform, flags.image, image));
    return engine.create(
        {flags.name, flags.image, command_words(flags, image), flags.auto_remove, cgroups(flags)},
        [&](const state::Record& made) { return make_config(flags, image, made.id); });
}

Result<state::Container> create_from_bundle(const RunFlags& flags, engine::Engine& engine) {
    Config config = TRY(bundle_config(flags));
    set_machine(flags, *config.mutable_machine());
    size_by_limits(config);
    set_asked(config.spec().process(), *config.mutable_asked());
    const auto& arguments = config.spec().process().args();
    return engine.create({flags.name, flags.bundle, Words(arguments.begin(), arguments.end()),
                          flags.auto_remove, cgroups(flags)},
                         [&](const state::Record&) { return config; });
}

container::v1::TemplateUse wire_use(TemplateUse use) {
    switch (use) {
        case TemplateUse::Auto:
            return container::v1::TEMPLATE_USE_AUTO;
        case TemplateUse::Never:
            return container::v1::TEMPLATE_USE_NEVER;
        case TemplateUse::Machine:
            return container::v1::TEMPLATE_USE_MACHINE;
        case TemplateUse::Image:
            return container::v1::TEMPLATE_USE_IMAGE;
    }
    return container::v1::TEMPLATE_USE_AUTO;
}

}  // namespace

void set_machine(const RunFlags& flags, container::v1::Machine& machine) {
    const auto& resources = flags.container.resources;
    if (resources.memory_bytes) machine.set_memory_bytes(*resources.memory_bytes);
    if (const auto cpus = runtime::machine_cpus(resources)) machine.set_cpus(*cpus);
    machine.set_kernel(flags.kernel);
    machine.set_template_use(wire_use(flags.template_use.value_or(TemplateUse::Auto)));
    machine.set_jail_required(flags.jail_required);
    machine.set_cgroup_parent(flags.cgroup_parent);
    machine.set_init_on_alloc(flags.init_on_alloc.value_or(flags.container.strict));
    machine.set_kernel_arguments(flags.kernel_arguments);
    machine.set_disk_bytes(flags.disk_bytes);
    engine::set_device_limits(flags.device_limits, *machine.mutable_device_limits());
    machine.set_start_timeout_ns(static_cast<std::uint64_t>(flags.start_timeout.count()));
}

Result<state::Container> create_container(const Context& context, RunFlags& flags,
                                          engine::Engine& engine) {
    state::Container container =
        TRY(!flags.from.empty()    ? create_from_checkpoint(context, flags, engine)
            : flags.bundle.empty() ? create_from_image(context, flags, engine)
                                   : create_from_bundle(flags, engine));
    if (auto written = write_id(flags.cid_file, container.record().id); !written) {
        container.release();
        static_cast<void>(engine.remove(container.record(), /*force=*/false));
        return std::move(written).error();
    }
    return container;
}

}  // namespace bulkhead::cli
