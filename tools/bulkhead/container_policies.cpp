#include "tools/bulkhead/container_policies.h"

#include <algorithm>
#include <csignal>

#include "base/text.h"
#include "host/runtime/signals.h"
#include "proto/container.pb.h"

namespace bulkhead::cli {

namespace {

using std::chrono::nanoseconds;

std::uint64_t count_of(nanoseconds time) {
    return static_cast<std::uint64_t>(time.count());
}

// An image is not trusted: what it says is in range or an error.
Result<runtime::HealthOptions> health_of(const image::ImageConfig& image) {
    runtime::HealthOptions options;
    if (!image.healthcheck) return options;
    const image::Healthcheck& said = *image.healthcheck;
    const auto least = std::min(
        {said.interval, said.timeout, said.start_period, said.start_interval, said.retries});
    if (least < 0 || said.retries > INT32_MAX)
        return Error("the image's health check: a number is out of range");
    options.test = said.test;
    options.interval = nanoseconds(said.interval);
    options.timeout = nanoseconds(said.timeout);
    options.start_period = nanoseconds(said.start_period);
    options.start_interval = nanoseconds(said.start_interval);
    options.retries = static_cast<std::uint32_t>(said.retries);
    return options;
}

Result<void> set_health(const RunFlags& flags, const image::ImageConfig& image,
                        container::v1::Config& config) {
    if (flags.no_health_check) return {};
    const runtime::HealthOptions said = TRY(health_of(image));
    const auto check = TRY(runtime::health_check(said, flags.health));
    if (check.command.empty()) return {};
    auto& health = *config.mutable_health();
    for (const std::string& word : check.command) health.add_command(word);
    health.set_interval_ns(count_of(check.interval));
    health.set_timeout_ns(count_of(check.timeout));
    health.set_start_period_ns(count_of(check.start_period));
    health.set_start_interval_ns(count_of(check.start_interval));
    health.set_retries(check.retries);
    return {};
}

container::v1::RestartPolicy::When when_of(runtime::RestartPolicy::When when) {
    using Wire = container::v1::RestartPolicy;
    switch (when) {
        case runtime::RestartPolicy::When::Never:
            return Wire::WHEN_NEVER;
        case runtime::RestartPolicy::When::OnFailure:
            return Wire::WHEN_ON_FAILURE;
        case runtime::RestartPolicy::When::Always:
            return Wire::WHEN_ALWAYS;
        case runtime::RestartPolicy::When::UnlessStopped:
            return Wire::WHEN_UNLESS_STOPPED;
    }
    return Wire::WHEN_NEVER;
}

Result<std::uint32_t> stop_signal(const RunFlags& flags, const image::ImageConfig& image) {
    if (flags.stop_signal) return *flags.stop_signal;
    if (image.stop_signal.empty()) return std::uint32_t{SIGTERM};
    return static_cast<std::uint32_t>(
        TRY_CONTEXT(runtime::parse_signal(image.stop_signal), "the image's stop signal"));
}

}  // namespace

void set_restart(const runtime::RestartPolicy& policy, container::v1::RestartPolicy& target) {
    target.set_when(when_of(policy.when));
    target.set_most(policy.most);
}

Result<void> set_policies(const RunFlags& flags, const image::ImageConfig& image,
                          container::v1::Config& config) {
    const bool gives_input =
        flags.attach.empty() ||
        std::find(flags.attach.begin(), flags.attach.end(), "stdin") != flags.attach.end();
    config.set_open_stdin(flags.interactive);
    // A terminal's end of input is a key.
    config.set_stdin_once(flags.interactive && !flags.detach && gives_input && !flags.terminal);
    config.set_auto_remove(flags.auto_remove);
    config.set_stop_signal(TRY(stop_signal(flags, image)));
    config.set_stop_timeout_seconds(flags.stop_timeout_seconds);
    for (const auto& [key, value] : image.labels) (*config.mutable_labels())[key] = value;
    for (const auto& [key, value] : flags.labels) (*config.mutable_labels())[key] = value;
    set_restart(flags.restart, *config.mutable_restart());
    config.mutable_log()->set_file_bytes(flags.log.file_bytes);
    config.mutable_log()->set_files(flags.log.files);
    config.set_ttl_ns(count_of(flags.ttl));
    config.set_idle_timeout_ns(count_of(flags.idle_timeout));
    config.set_init(flags.init);
    return set_health(flags, image, config);
}

Result<void> check_platform(std::string_view platform, std::string_view reference,
                            const image::Image& image) {
    if (platform.empty()) return {};
    const auto slash = platform.find('/');
    const std::string_view system = platform.substr(0, slash);
    std::string_view machine = slash == std::string_view::npos ? "" : platform.substr(slash + 1);
    machine = machine.substr(0, machine.find('/'));
    if (machine == "x86_64") machine = "amd64";
    if (machine == "aarch64") machine = "arm64";
    if (system == "linux" && (machine.empty() || machine == image.architecture)) return {};
    return Error(concat("image with reference ", reference,
                        " was found but does not provide the specified platform (", platform,
                        "): it is for linux/", image.architecture));
}

}  // namespace bulkhead::cli
