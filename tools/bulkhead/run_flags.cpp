#include "tools/bulkhead/run_flags.h"

#include <algorithm>
#include <array>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/runtime/strict.h"
#include "host/sandbox/shape.h"
#include "tools/bulkhead/flag_values.h"
#include "tools/bulkhead/run_flag_groups.h"

namespace bulkhead::cli {

namespace {

constexpr std::size_t kMaxTextFile = 4 * 1024 * 1024;

// The flags from the one at `from` on note their use.
void note_use(Words& names, std::vector<Flag>& flags, std::size_t from) {
    for (std::size_t i = from; i < flags.size(); ++i) {
        flags[i].set = [&names, name = flags[i].name,
                        set = std::move(flags[i].set)](const std::string& value) -> Result<void> {
            names.push_back(name);
            return set(value);
        };
    }
}

// What is not part of the container that was saved.
constexpr std::array kFlagsBesideFrom = {"from",        "detach",  "sig-proxy",    "trace",
                                         "interactive", "rm",      "name",         "attach",
                                         "detach-keys", "cidfile", "start-timeout"};

Result<void> check_from(const RunFlags& flags) {
    if (flags.from.empty()) return {};
    for (const std::string& name : flags.used) {
        if (std::ranges::find(kFlagsBesideFrom, name) == kFlagsBesideFrom.end()) {
            return Error(concat("--from goes on with a container as it was saved: --", name,
                                " cannot be used beside it"));
        }
    }
    return {};
}

}  // namespace

void append_group(std::string_view group, std::vector<Flag> added, std::vector<Flag>& flags) {
    for (Flag& flag : added) {
        flag.group = group;
        flags.push_back(std::move(flag));
    }
}

std::vector<Flag> create_flags(RunFlags& target) {
    std::vector<Flag> flags;
    add_lifecycle_flags(target, flags);
    const std::size_t first = flags.size();
    add_process_flags(target, flags);
    add_name_flags(target, flags);
    add_file_flags(target, flags);
    add_confinement_flags(target, flags);
    add_limit_flags(target, flags);
    // What an image's container is made of comes from a bundle's file there.
    note_use(target.image_flags, flags, first);
    add_health_flags(target, flags);
    add_machine_flags(target, flags);
    add_refused_flags(flags);
    return flags;
}

std::vector<Flag> run_flags(RunFlags& target) {
    std::vector<Flag> flags;
    append_group(
        "The command",
        {{"detach", 'd', "", "run in the background and print the id", store(target.detach)},
         {"sig-proxy", '\0', "", "pass our signals on (default true)", store(target.pass_signals)},
         {"console", '\0', "", "show the guest's console on standard error",
          store(target.show_console)},
         {"trace", '\0', "FILE", "write where the start's time went (Chrome trace format)",
          store(target.trace_file)},
         {"from", '\0', "CHECKPOINT", "go on from a checkpoint instead of running an image",
          store(target.from)}},
        flags);
    for (Flag& flag : create_flags(target)) flags.push_back(std::move(flag));
    note_use(target.used, flags, 0);
    return flags;
}

Result<void> take_run_arguments(std::string_view command, const Words& arguments,
                                RunFlags& target) {
    if (!target.from.empty()) {
        if (arguments.empty()) return {};
        return Error(concat("--from goes on with a container as it was saved: \"",
                            arguments.front(), "\" has no meaning beside it"));
    }
    if (!target.bundle.empty()) {
        if (!arguments.empty())
            return Error(concat("--config names what to run: \"", arguments.front(),
                                "\" has no meaning beside it"));
        return {};
    }
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
        const std::string content = TRY(read_file(path, kMaxTextFile));
        for (std::string& variable : TRY(runtime::parse_env_file(content, path, lookup)))
            environment.push_back(std::move(variable));
    }
    for (const std::string& flag : target.env_flags)
        environment.push_back(TRY(runtime::parse_env_flag(flag, lookup)));
    return {};
}

Result<void> load_labels(RunFlags& target) {
    std::map<std::string, std::string> labels;
    for (const std::string& path : target.label_files) {
        const std::string content = TRY(read_file(path, kMaxTextFile));
        // The same form as a file of variables, but a label alone is empty.
        const auto lines = TRY(runtime::parse_env_file(
            content, path, [](const std::string&) { return std::optional<std::string>(""); }));
        for (const std::string& line : lines) TRY_CONTEXT(add_pair(line, "label", labels), path);
    }
    target.labels.merge(labels);
    return {};
}

Result<void> check_run_flags(const RunFlags& flags) {
    TRY(check_from(flags));
    TRY(runtime::check_resources(flags.container.resources, sandbox::Shape::kMaxCpus));
    if (flags.auto_remove && flags.restart.when != runtime::RestartPolicy::When::Never)
        return Error("conflicting options: cannot specify both --restart and --rm");
    TRY(runtime::check_strict(flags.container));
    if (flags.container.strict && flags.init_on_alloc == false)
        return Error("conflicting options: --security strict and init-on-alloc=false");
    const auto& health = flags.health;
    const bool health_flags = !health.test.empty() || health.interval.count() != 0 ||
                              health.timeout.count() != 0 || health.start_period.count() != 0 ||
                              health.start_interval.count() != 0 || health.retries;
    if (flags.no_health_check && health_flags)
        return Error("--no-healthcheck conflicts with --health-* options");
    if (flags.log.files > 1 && flags.log.file_bytes == 0)
        return Error("--log-opt max-file above 1 requires max-size");
    if (flags.detach && !flags.attach.empty())
        return Error("conflicting options: cannot specify both --attach and --detach");
    if (!flags.bundle.empty() && !flags.image_flags.empty()) {
        return Error(concat("--config names what to run: --", flags.image_flags.front(),
                            " cannot be used beside it, the file has a place for it"));
    }
    return {};
}

}  // namespace bulkhead::cli
