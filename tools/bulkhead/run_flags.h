// The flags and arguments of `bulkhead run`, checked and as plain values. Thread: any.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/runtime/container_options.h"
#include "host/sandbox/disk_template.h"
#include "tools/bulkhead/flags.h"

namespace bulkhead::cli {

struct RunFlags {
    // Emulated and crowded hosts take tens of seconds to boot a guest.
    static constexpr std::chrono::seconds kStartTimeout{120};

    static constexpr std::uint32_t kStopTimeoutSeconds = 10;  // docker's

    bool detach = false;
    bool interactive = false;
    bool terminal = false;
    bool auto_remove = false;
    bool show_console = false;
    std::string name;
    std::string image;
    std::string kernel;            // empty: the one that comes with bulkhead
    std::string kernel_arguments;  // added to the guest's
    std::string trace_file;
    std::uint64_t disk_bytes = sandbox::kTemplateDiskBytes;
    std::chrono::nanoseconds start_timeout = kStartTimeout;
    std::string cid_file;
    std::map<std::string, std::string> labels;
    std::uint32_t stop_signal = SIGTERM;
    std::uint32_t stop_timeout_seconds = kStopTimeoutSeconds;
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

// What the machine's memory and CPUs allow.
Result<void> check_resources(const RunFlags& flags);

}  // namespace bulkhead::cli
