#include "tools/bulkhead/bundle_container.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "host/runtime/bundle.h"
#include "host/runtime/resources.h"
#include "host/sandbox/shape.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/container_policies.h"
#include "tools/bulkhead/terminal.h"

namespace bulkhead::cli {

namespace {

std::string machine_name() {
    utsname names{};
    return ::uname(&names) == 0 ? names.machine : "";
}

// As --memory and --cpus would say it, so that the same bounds hold.
runtime::ResourceOptions limits_of(const oci::v1::Resources& resources) {
    runtime::ResourceOptions options;
    if (resources.memory_limit_bytes() > 0)
        options.memory_bytes = static_cast<std::uint64_t>(resources.memory_limit_bytes());
    if (resources.has_cpu_quota_us()) options.cpu_quota_us = resources.cpu_quota_us();
    if (resources.has_cpu_period_us()) options.cpu_period_us = resources.cpu_period_us();
    options.cpuset_cpus = resources.cpuset_cpus();
    return options;
}

}  // namespace

Result<void> read_bundle(RunFlags& flags) {
    auto spec = std::make_shared<oci::v1::Spec>();
    flags.bundle_root = TRY(runtime::load_bundle(flags.bundle, machine_name(), *spec));
    TRY_CONTEXT(
        runtime::check_resources(limits_of(spec->linux().resources()), sandbox::Shape::kMaxCpus),
        flags.bundle + ": linux.resources");
    auto& process = *spec->mutable_process();
    if (flags.terminal) process.set_terminal(true);
    flags.terminal = process.terminal();
    if (flags.terminal && !process.has_console_size()) {
        const runtime::TerminalSize size = terminal_size(STDOUT_FILENO);
        process.mutable_console_size()->set_height(size.rows);
        process.mutable_console_size()->set_width(size.columns);
    }
    // A terminal of ours is what a bundle with "terminal" expects.
    if (flags.terminal && !flags.detach && ::isatty(STDIN_FILENO) == 1) flags.interactive = true;
    flags.bundle_spec = std::move(spec);
    return {};
}

Result<container::v1::Config> bundle_config(const RunFlags& flags) {
    container::v1::Config config;
    config.set_image(flags.bundle);
    config.set_root_directory(flags.bundle_root);
    *config.mutable_spec() = *flags.bundle_spec;
    TRY(set_policies(flags, image::ImageConfig(), config));
    return config;
}

void size_by_limits(container::v1::Config& config) {
    const runtime::ResourceOptions limits = limits_of(config.spec().linux().resources());
    if (limits.memory_bytes) config.mutable_machine()->set_memory_bytes(*limits.memory_bytes);
    if (const auto cpus = runtime::machine_cpus(limits)) config.mutable_machine()->set_cpus(*cpus);
}

}  // namespace bulkhead::cli
