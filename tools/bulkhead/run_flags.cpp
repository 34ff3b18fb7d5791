#include "tools/bulkhead/run_flags.h"

#include <algorithm>
#include <charconv>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/runtime/signals.h"
#include "host/sandbox/shape.h"

namespace bulkhead::cli {

namespace {

using Setter = std::function<Result<void>(const std::string&)>;
using runtime::NanoCpus;

constexpr std::size_t kMaxEnvFile = 4 * 1024 * 1024;
constexpr std::size_t kMaxSeccompFile = 4 * 1024 * 1024;
constexpr std::uint64_t kLeastMemory = std::uint64_t{6} << 20U;  // docker's
constexpr std::uint64_t kBlock = 4096;

template <class T, class Parse>
Setter parsed_into(T& target, Parse parse) {
    return [&target, parse](const std::string& value) -> Result<void> {
        target = TRY(parse(value));
        return {};
    };
}

template <class T, class Parse>
Setter parsed_onto(std::vector<T>& target, Parse parse) {
    return [&target, parse](const std::string& value) -> Result<void> {
        target.push_back(TRY(parse(value)));
        return {};
    };
}

Result<std::uint64_t> parse_disk_size(std::string_view text) {
    return TRY(runtime::parse_bytes(text)) / kBlock * kBlock;
}

// "size=10G" is the one option there is.
Result<std::uint64_t> parse_storage_option(std::string_view text) {
    constexpr std::string_view kSize = "size=";
    if (!text.starts_with(kSize))
        return Error(concat("unknown storage option \"", text, "\", want size=BYTES"));
    return parse_disk_size(text.substr(kSize.size()));
}

Result<std::chrono::nanoseconds> parse_start_timeout(std::string_view text) {
    const std::uint32_t seconds = TRY(parse_seconds(text));
    if (seconds == 0) return Error("want a number of seconds");
    return std::chrono::nanoseconds(std::chrono::seconds(seconds));
}

Result<void> add_label(const std::string& text, std::map<std::string, std::string>& labels) {
    const auto separator = text.find('=');
    const std::string key = text.substr(0, separator);
    if (key.empty()) return Error(concat("invalid label \"", text, "\", want KEY=VALUE"));
    labels[key] = separator == std::string::npos ? "" : text.substr(separator + 1);
    return {};
}

Result<void> set_seccomp(std::string_view value, runtime::ContainerOptions& container) {
    if (value == "unconfined") {
        container.seccomp_mode = runtime::SeccompMode::Unconfined;
        return {};
    }
    const std::string path(value);
    const std::string json = TRY(read_file(path, kMaxSeccompFile));
    container.seccomp_profile = TRY_CONTEXT(runtime::parse_seccomp_profile(json), path);
    container.seccomp_mode = runtime::SeccompMode::Custom;
    return {};
}

// "no-new-privileges", or "key=value" with ":" as docker's old form of "=".
Result<void> set_security_option(std::string_view text, runtime::ContainerOptions& container) {
    const std::size_t separator = text.find_first_of("=:");
    const std::string_view key = text.substr(0, separator);
    const std::string_view value =
        separator == std::string_view::npos ? "" : text.substr(separator + 1);
    if (key == "seccomp" && !value.empty()) return set_seccomp(value, container);
    if (key == "no-new-privileges") {
        const bool plain = separator == std::string_view::npos;
        return store(container.no_new_privileges)(plain ? "true" : std::string(value));
    }
    return Error(
        "unknown security option, want no-new-privileges, seccomp=unconfined or seccomp=FILE");
}

void add_process_flags(RunFlags& target, std::vector<Flag>& flags) {
    auto& container = target.container;
    flags.insert(
        flags.end(),
        {{"interactive", 'i', "", "keep standard input open", store(target.interactive)},
         {"tty", 't', "", "give the container a terminal", store(target.terminal)},
         {"env", 'e', "NAME[=VALUE]", "set a variable, or pass ours on", append(target.env_flags)},
         {"env-file", '\0', "FILE", "read variables from a file", append(target.env_files)},
         {"workdir", 'w', "DIR", "working directory", store(container.working_directory)},
         {"user", 'u', "USER[:GROUP]", "name or id, from the image's files", store(container.user)},
         {"group-add", '\0', "GROUP", "one more group", append(container.additional_groups)},
         {"entrypoint", '\0', "PROGRAM", "instead of the image's entrypoint",
          parsed_into(container.entrypoint,
                      [](const std::string& value) -> Result<std::optional<std::string>> {
                          return std::optional(value);
                      })},
         {"hostname", '\0', "NAME", "the container's host name", store(container.hostname)},
         {"ulimit", '\0', "NAME=SOFT[:HARD]", "a resource limit, as nofile=1024",
          parsed_onto(container.ulimits, runtime::parse_ulimit)}});
}

void add_confinement_flags(RunFlags& target, std::vector<Flag>& flags) {
    auto& container = target.container;
    flags.insert(
        flags.end(),
        {{"read-only", '\0', "", "no writable disk: the root is the image itself",
          store(container.read_only_root)},
         {"tmpfs", '\0', "DIR[:OPTIONS]", "a file system in memory, as /tmp:size=64m",
          parsed_onto(container.tmpfs, runtime::parse_tmpfs)},
         {"cap-add", '\0', "NAME", "add a capability, or ALL", append(container.add_capabilities)},
         {"cap-drop", '\0', "NAME", "take a capability away, or ALL",
          append(container.drop_capabilities)},
         {"security-opt", '\0', "OPTION", "no-new-privileges, seccomp=unconfined, seccomp=FILE",
          [&container](const std::string& value) {
              return set_security_option(value, container);
          }}});
}

void add_machine_flags(RunFlags& target, std::vector<Flag>& flags) {
    auto& container = target.container;
    flags.insert(
        flags.end(),
        {{"memory", 'm', "BYTES", "the container's memory, as 512m (default: a 1 GiB machine)",
          parsed_into(container.memory_bytes,
                      [](const std::string& value) -> Result<std::optional<std::uint64_t>> {
                          return std::optional(TRY(runtime::parse_bytes(value)));
                      })},
         {"cpus", '\0', "NUMBER", "as 1.5 (default: 2, or what the host has)",
          parsed_into(container.cpus,
                      [](const std::string& value) -> Result<std::optional<NanoCpus>> {
                          return std::optional(TRY(runtime::parse_cpus(value)));
                      })},
         {"disk-size", '\0', "BYTES", "of the writable disk (default 10g)",
          parsed_into(target.disk_bytes, parse_disk_size)},
         {"storage-opt", '\0', "size=BYTES", "the same, as docker writes it",
          parsed_into(target.disk_bytes, parse_storage_option)},
         {"kernel", '\0', "FILE", "another guest kernel (an ELF vmlinux)", store(target.kernel)},
         {"kernel-args", '\0', "TEXT", "added to the guest kernel's command line",
          store(target.kernel_arguments)},
         {"start-timeout", '\0', "SECONDS", "for the guest to boot and answer (default 120)",
          parsed_into(target.start_timeout, parse_start_timeout)}});
}

}  // namespace

Result<std::uint32_t> parse_seconds(std::string_view text) {
    constexpr std::uint32_t kLongest = 86'400;
    if (text.ends_with('s')) text.remove_suffix(1);
    std::uint32_t seconds = 0;
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, seconds);
    if (parsed.ec != std::errc() || parsed.ptr != end || seconds > kLongest)
        return Error("want a number of seconds");
    return seconds;
}

std::vector<Flag> create_flags(RunFlags& target) {
    std::vector<Flag> flags = {
        {"rm", '\0', "", "remove the container when it ends", store(target.auto_remove)},
        {"name", '\0', "NAME", "the container's name", store(target.name)},
        {"label", 'l', "KEY[=VALUE]", "a label",
         [&target](const std::string& value) { return add_label(value, target.labels); }},
        {"cidfile", '\0', "FILE", "write the container's id to a new file", store(target.cid_file)},
        {"stop-signal", '\0', "SIGNAL", "that `stop` sends (default TERM)",
         [&target](const std::string& value) -> Result<void> {
             target.stop_signal = static_cast<std::uint32_t>(TRY(runtime::parse_signal(value)));
             return {};
         }},
        {"stop-timeout", '\0', "SECONDS", "that `stop` waits before it kills (default 10)",
         parsed_into(target.stop_timeout_seconds, parse_seconds)}};
    add_process_flags(target, flags);
    add_confinement_flags(target, flags);
    add_machine_flags(target, flags);
    return flags;
}

std::vector<Flag> run_flags(RunFlags& target) {
    std::vector<Flag> flags = create_flags(target);
    flags.insert(flags.begin(), {"detach", 'd', "", "run in the background and print the id",
                                 store(target.detach)});
    flags.insert(flags.end(),
                 {{"console", '\0', "", "show the guest's console on standard error",
                   store(target.show_console)},
                  {"trace", '\0', "FILE", "write where the start's time went (Chrome trace format)",
                   store(target.trace_file)}});
    return flags;
}

Result<void> take_run_arguments(std::string_view command, const Words& arguments,
                                RunFlags& target) {
    if (arguments.empty()) {
        return Error(concat("'bulkhead ", command, "' requires at least 1 argument: the image"));
    }
    target.image = arguments.front();
    target.container.arguments.assign(arguments.begin() + 1, arguments.end());
    return {};
}

Result<void> load_environment(RunFlags& target, const runtime::Lookup& lookup) {
    auto& environment = target.container.environment;
    for (const std::string& path : target.env_files) {
        const std::string content = TRY(read_file(path, kMaxEnvFile));
        for (std::string& variable : TRY(runtime::parse_env_file(content, path, lookup)))
            environment.push_back(std::move(variable));
    }
    for (const std::string& flag : target.env_flags)
        environment.push_back(TRY(runtime::parse_env_flag(flag, lookup)));
    return {};
}

Result<void> check_resources(const RunFlags& flags) {
    const auto& memory = flags.container.memory_bytes;
    if (memory && *memory < kLeastMemory) return Error("Minimum memory limit allowed is 6MB");
    const auto& cpus = flags.container.cpus;
    if (cpus && cpus->whole_cpus() > sandbox::Shape::kMaxCpus) {
        return Error(concat("range of CPUs is from 0.01 to ", sandbox::Shape::kMaxCpus,
                            ".00, the most that a machine can have"));
    }
    return {};
}

}  // namespace bulkhead::cli
