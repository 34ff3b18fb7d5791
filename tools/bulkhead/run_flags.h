// The flags and arguments of `bulkhead run` and `create`, checked and as plain values. Thread: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/runtime/container_options.h"
#include "host/runtime/device_limits.h"
#include "host/runtime/health_check.h"
#include "host/runtime/log_options.h"
#include "host/runtime/restart_policy.h"
#include "host/sandbox/disk_template.h"
#include "tools/bulkhead/detach_keys.h"
#include "tools/bulkhead/flags.h"

namespace bulkhead::oci::v1 {
class Spec;
}

namespace bulkhead::cli {

enum class Pull : std::uint8_t { Missing, Never };

// Which saved machine a start goes on from: docs/templates.md.
enum class TemplateUse : std::uint8_t { Auto, Never, Machine, Image };

struct RunFlags {
    // Emulated and crowded hosts take tens of seconds to boot a guest.
    static constexpr std::chrono::seconds kStartTimeout{120};

    static constexpr std::uint32_t kStopTimeoutSeconds = 10;  // docker's

    // How the command itself behaves.
    bool detach = false;
    bool interactive = false;
    bool terminal = false;
    bool show_console = false;
    bool pass_signals = true;
    Words attach;  // "stdin", "stdout", "stderr"; empty: as usual
    DetachKeys detach_keys = DetachKeys::usual();
    std::string trace_file;
    std::string cid_file;

    // What it runs.
    std::string from;  // a checkpoint, instead of an image
    Words used;        // by name, in the order of the command line
    std::string image;
    std::string bundle;  // a runtime bundle's config.json, instead of an image
    std::shared_ptr<const oci::v1::Spec> bundle_spec;  // what it says, once it was read
    std::string bundle_root;                           // its root file system's directory
    std::string platform;
    Pull pull = Pull::Missing;
    // Flags that change what a bundle says for itself.
    Words image_flags;

    // The machine.
    std::string kernel;            // empty: the one that comes with bulkhead
    std::string kernel_arguments;  // added to the guest's
    std::uint64_t disk_bytes = sandbox::kTemplateDiskBytes;
    std::string cgroup_parent;
    runtime::DeviceLimits device_limits;
    std::chrono::nanoseconds start_timeout = kStartTimeout;
    bool jail_required = false;  // no start without every layer
    // docs/templates.md; nothing: as the environment says, or auto.
    std::optional<TemplateUse> template_use;
    // Its kernel zeroes memory before it hands it out; not said: as the security profile has it.
    std::optional<bool> init_on_alloc;

    // The container's life.
    bool auto_remove = false;
    bool init = false;
    std::string name;
    std::map<std::string, std::string> labels;
    Words label_files;
    std::optional<std::uint32_t> stop_signal;  // nothing: the image's, or TERM
    std::uint32_t stop_timeout_seconds = kStopTimeoutSeconds;
    runtime::RestartPolicy restart;
    runtime::HealthOptions health;
    bool no_health_check = false;
    runtime::LogOptions log;
    std::chrono::nanoseconds ttl{0};           // 0: without end
    std::chrono::nanoseconds idle_timeout{0};  // 0: without end

    Words security_options;  // as they were said

    Words env_flags;
    Words env_files;
    // All but what only the running program knows: id, terminal, environment.
    runtime::ContainerOptions container;
};

// The flags of `create` that fill `target`, which must outlive them.
std::vector<Flag> create_flags(RunFlags& target);
// `run` has more.
std::vector<Flag> run_flags(RunFlags& target);

// A whole number of seconds, at most a day.
Result<std::uint32_t> parse_seconds(std::string_view text);

// Takes IMAGE [COMMAND...] from what parse_flags left.
Result<void> take_run_arguments(std::string_view command, const Words& arguments, RunFlags& target);

// Reads the --env-file files and -e flags into the container's environment, in docker's order.
Result<void> load_environment(RunFlags& target, const runtime::Lookup& lookup);

// Without --template: what the environment's BULKHEAD_TEMPLATE says.
Result<void> load_template_use(RunFlags& target, const runtime::Lookup& lookup);

// Reads the --label-file files; a label flag wins over them.
Result<void> load_labels(RunFlags& target);

// What one flag alone cannot tell: limits that contradict each other, flags that exclude each
// other.
Result<void> check_run_flags(const RunFlags& flags);

}  // namespace bulkhead::cli
