// bulkhead update, port, system boot.
#include <algorithm>
#include <array>
#include <iostream>

#include "base/text.h"
#include "host/engine/update.h"
#include "host/runtime/resources.h"
#include "host/sandbox/shape.h"
#include "proto/supervisor.pb.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/container_policies.h"
#include "tools/bulkhead/run_flag_groups.h"

namespace bulkhead::cli {

namespace {

// Those of `run` that can be changed later.
constexpr std::array<std::string_view, 15> kChangeable = {
    "memory",           "memory-reservation", "memory-swap",       "cpus",       "cpu-shares",
    "cpu-period",       "cpu-quota",          "cpuset-cpus",       "pids-limit", "device-read-bps",
    "device-write-bps", "device-read-iops",   "device-write-iops", "stream-bps", "stream-iops"};

struct UpdateFlags {
    RunFlags run;
    supervisor::v1::UpdateRequest update;
};

std::vector<Flag> update_flags(UpdateFlags& target) {
    std::vector<Flag> flags;
    add_limit_flags(target.run, flags);
    std::erase_if(flags, [](const Flag& flag) {
        return std::ranges::find(kChangeable, flag.name) == kChangeable.end();
    });
    for (Flag& flag : flags) flag.group.clear();
    flags.push_back({"restart", '\0', "POLICY", "no, always, unless-stopped, on-failure[:TIMES]",
                     [&target](const std::string& value) -> Result<void> {
                         const auto policy = TRY(runtime::parse_restart_policy(value));
                         set_restart(policy, *target.update.mutable_restart());
                         return {};
                     }});
    return flags;
}

int update(const Context& context, const Words& words) {
    UpdateFlags flags;
    const Parsed parsed = parse_command(kUpdateCommand, words, update_flags(flags));
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kUpdateCommand, "'bulkhead update' requires at least 1 argument");
    const auto& wanted = flags.run.container.resources;
    if (const auto good = runtime::check_resources(wanted, sandbox::Shape::kMaxCpus); !good)
        return fail(kExitFailure, good.error().message());
    oci::v1::Resources resources;
    runtime::set_resources(wanted, resources);
    if (resources.ByteSizeLong() > 0) *flags.update.mutable_resources() = resources;
    container::v1::DeviceLimits devices;
    engine::set_device_limits(flags.run.device_limits, devices);
    if (devices.ByteSizeLong() > 0) *flags.update.mutable_device_limits() = devices;
    if (!flags.update.has_resources() && !flags.update.has_device_limits() &&
        !flags.update.has_restart())
        return usage_error(kUpdateCommand, "you must provide one or more flags");
    return for_each_container(
        context, parsed.arguments,
        [&](engine::Engine& engine, const state::Record& record) -> Result<void> {
            if (flags.update.has_restart() && record.auto_remove)
                return Error("a container with --rm cannot have a restart policy");
            return engine.update(record, flags.update);
        });
}

// No container has ports of the host's until there are networks.
int port(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kPortCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty() || parsed.arguments.size() > 2)
        return usage_error(kPortCommand, "'bulkhead port' requires 1 or 2 arguments");
    const auto engine = engine::Engine::open(context.paths);
    if (!engine) return fail(kExitFailure, engine.error().message());
    const auto record = engine->find(parsed.arguments[0]);
    if (!record) return fail(kExitFailure, record.error().message());
    if (parsed.arguments.size() == 1) return kExitOk;
    std::string wanted = parsed.arguments[1];
    if (wanted.find('/') == std::string::npos) wanted += "/tcp";
    return fail(kExitFailure,
                concat("no public port '", wanted, "' published for ", parsed.arguments[0]));
}

// What the unit bulkhead-boot.service calls.
int boot(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kSystemBootCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (!parsed.arguments.empty())
        return usage_error(kSystemBootCommand, "'bulkhead system boot' takes no arguments");
    auto engine = engine::Engine::open(context.paths);
    if (!engine) return fail(kExitFailure, engine.error().message());
    int code = kExitOk;
    for (const auto& [record, outcome] : engine->boot()) {
        if (outcome && outcome->running) {
            std::cout << record.name << "\n";
        } else {
            code =
                fail(kExitFailure, concat("cannot start container ", record.name, ": ",
                                          outcome ? outcome->message : outcome.error().message()));
        }
    }
    return code;
}

}  // namespace

const Command kSystemBootCommand = {"system boot",
                                    "system boot",
                                    "Start the containers whose restart policy wants them to run",
                                    "bulkhead system boot",
                                    kExitFailure,
                                    boot};

const Command kUpdateCommand = {"update",
                                "update [FLAGS] CONTAINER...",
                                "Change containers' limits and restart policies",
                                "bulkhead update --memory 256m --restart always web",
                                kExitFailure,
                                update};

const Command kPortCommand = {
    "port",
    "port CONTAINER [PORT[/PROTOCOL]]",
    "List a container's published ports (none: there are no networks yet)",
    "bulkhead port web",
    kExitFailure,
    port};

}  // namespace bulkhead::cli
