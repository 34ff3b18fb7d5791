#include "tools/bulkhead/checkpoint_container.h"

#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "host/checkpoints/store.h"
#include "host/engine/container_config.h"
#include "host/engine/machine_limits.h"
#include "host/engine/restored_plan.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/checkpoint_list.h"
#include "tools/bulkhead/images.h"

namespace bulkhead::cli {

namespace {

// The flags that its restart policy or its streams have a say in.
Result<void> fit(RunFlags& flags, const container::v1::Config& config) {
    if (flags.interactive && !config.open_stdin())
        return Error("the container that was saved has no standard input: it ran without -i");
    if (flags.auto_remove && config.restart().when() != container::v1::RestartPolicy::WHEN_NEVER)
        return Error(
            "conflicting options: the container that was saved has a restart policy, and "
            "cannot be run with --rm");
    flags.terminal = config.spec().process().terminal();
    if (flags.terminal && flags.interactive && !flags.detach && ::isatty(STDIN_FILENO) == 0)
        return Error("the input device is not a TTY");
    return {};
}

Result<container::v1::Config> config_for(const checkpoints::Checkpoint& checkpoint,
                                         const RunFlags& flags, const std::string& id) {
    auto config = TRY(engine::restored_config(checkpoint, flags.from, id));
    config.set_auto_remove(flags.auto_remove);
    if (std::ranges::find(flags.used, "start-timeout") != flags.used.end())
        config.mutable_machine()->set_start_timeout_ns(
            static_cast<std::uint64_t>(flags.start_timeout.count()));
    return config;
}

}  // namespace

Result<state::Container> create_from_checkpoint(const Context& context, RunFlags& flags,
                                                engine::Engine& engine) {
    const auto checkpoint = TRY(checkpoint_store(context).find(flags.from));
    const auto saved = TRY(config_for(checkpoint, flags, checkpoint.entry.container_id));
    TRY(fit(flags, saved));
    const auto images = TRY(open_image_store(context.paths));
    TRY_CONTEXT(images.find(saved.image_id()), "the image of the checkpoint");
    const auto place = engine::container_place(saved.machine().cgroup_parent(), "");
    const auto& arguments = saved.spec().process().args();
    return engine.create(
        {flags.name, saved.image(), Words(arguments.begin(), arguments.end()), flags.auto_remove,
         place ? place->path() : ""},
        [&](const state::Record& made) { return config_for(checkpoint, flags, made.id); });
}

}  // namespace bulkhead::cli
