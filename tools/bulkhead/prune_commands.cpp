// bulkhead container prune, image prune, system prune, template prune.
#include <iostream>

#include "tools/bulkhead/confirm.h"
#include "tools/bulkhead/prune.h"

namespace bulkhead::cli {

namespace {

struct PruneFlags {
    bool all = false;
    bool force = false;
    bool volumes = false;
    Filters filters = prune_filters();
};

Flag force_flag(PruneFlags& flags) {
    return {"force", 'f', "", "do not ask", store(flags.force)};
}

Flag all_flag(PruneFlags& flags) {
    return {"all", 'a', "", "images that no container uses, not only those without a name",
            store(flags.all)};
}

// Flags, no arguments, and the question. A value: the exit code.
Parsed begin(const Command& command, const Words& words, const PruneFlags& flags,
             std::vector<Flag> list, const std::function<std::string()>& warning) {
    Parsed parsed = parse_command(command, words, std::move(list));
    if (!parsed.go_on) return parsed;
    if (!parsed.arguments.empty())
        return {false, usage_error(command, "prune takes no arguments; see --filter"), {}};
    if (!flags.force && !confirm(warning()))
        return {false, fail(kExitFailure, std::string(command.name) + " has been cancelled"), {}};
    return parsed;
}

int prune_stopped(const Context& context, const Words& words) {
    PruneFlags flags;
    const Parsed parsed =
        begin(kContainerPruneCommand, words, flags, {flags.filters.flag('\0'), force_flag(flags)},
              [] { return "This will remove all stopped containers."; });
    if (!parsed.go_on) return parsed.exit_code;
    const auto pruned = prune_containers(context, flags.filters);
    if (!pruned) return fail(kExitFailure, pruned.error().message());
    std::cout << pruned_text("Deleted Containers:", *pruned) << reclaimed_text(pruned->bytes);
    return kExitOk;
}

int prune_unused_images(const Context& context, const Words& words) {
    PruneFlags flags;
    const Parsed parsed =
        begin(kImagePruneCommand, words, flags,
              {all_flag(flags), flags.filters.flag('\0'), force_flag(flags)}, [&flags] {
                  return flags.all ? "This will remove all images without at least one container "
                                     "associated to them."
                                   : "This will remove all dangling images.";
              });
    if (!parsed.go_on) return parsed.exit_code;
    const auto pruned = prune_images(context, flags.filters, flags.all);
    if (!pruned) return fail(kExitFailure, pruned.error().message());
    std::cout << pruned_text("Deleted Images:", *pruned) << reclaimed_text(pruned->bytes);
    return kExitOk;
}

Result<void> refuse_volumes(PruneFlags& flags, const std::string& value) {
    TRY(store(flags.volumes)(value));
    if (!flags.volumes) return {};
    return Error("there are no volumes to prune: bulkhead does not have volumes yet");
}

int prune_system(const Context& context, const Words& words) {
    PruneFlags flags;
    const Flag volumes = {
        "volumes", '\0', "", "refused: there are no volumes yet",
        [&flags](const std::string& value) { return refuse_volumes(flags, value); }};
    const Parsed parsed =
        begin(kSystemPruneCommand, words, flags,
              {all_flag(flags), flags.filters.flag('\0'), force_flag(flags), volumes}, [&flags] {
                  return std::string("This will remove:\n  - all stopped containers\n") +
                         (flags.all ? "  - all images without at least one container associated to "
                                      "them\n"
                                    : "  - all dangling images\n") +
                         "  - all templates that no start can use any more\n";
              });
    if (!parsed.go_on) return parsed.exit_code;
    const auto containers = prune_containers(context, flags.filters);
    if (!containers) return fail(kExitFailure, containers.error().message());
    std::cout << pruned_text("Deleted Containers:", *containers);
    const auto images = prune_images(context, flags.filters, flags.all);
    if (!images) return fail(kExitFailure, images.error().message());
    std::cout << pruned_text("Deleted Images:", *images);
    const auto templates = prune_templates(context, /*all=*/false);
    if (!templates) return fail(kExitFailure, templates.error().message());
    const auto checkpoints = prune_checkpoints(context);
    if (!checkpoints) return fail(kExitFailure, checkpoints.error().message());
    std::cout << pruned_text("Deleted Templates:", *templates)
              << reclaimed_text(containers->bytes + images->bytes + templates->bytes +
                                *checkpoints);
    return kExitOk;
}

int prune_old_templates(const Context& context, const Words& words) {
    PruneFlags flags;
    const Parsed parsed = begin(
        kTemplatePruneCommand, words, flags,
        {{"all", 'a', "", "all of them, not only those that no start can use any more",
          store(flags.all)},
         force_flag(flags)},
        [&flags] {
            return flags.all ? "This will remove all templates."
                             : "This will remove all templates that no start can use any more.";
        });
    if (!parsed.go_on) return parsed.exit_code;
    const auto pruned = prune_templates(context, flags.all);
    if (!pruned) return fail(kExitFailure, pruned.error().message());
    std::cout << pruned_text("Deleted Templates:", *pruned) << reclaimed_text(pruned->bytes);
    return kExitOk;
}

}  // namespace

const Command kContainerPruneCommand = {"container prune",
                                        "container prune [FLAGS]",
                                        "Remove all containers that do not run",
                                        "bulkhead container prune -f --filter until=24h",
                                        kExitFailure,
                                        prune_stopped};

const Command kImagePruneCommand = {"image prune",
                                    "image prune [FLAGS]",
                                    "Remove images without a name, or that nothing uses",
                                    "bulkhead image prune -a",
                                    kExitFailure,
                                    prune_unused_images};

const Command kSystemPruneCommand = {
    "system prune",
    "system prune [FLAGS]",
    "Remove containers that do not run, and unused images and templates",
    "bulkhead system prune -f",
    kExitFailure,
    prune_system};

const Command kTemplatePruneCommand = {"template prune",
                                       "template prune [FLAGS]",
                                       "Remove templates that no start can use any more",
                                       "bulkhead template prune -a",
                                       kExitFailure,
                                       prune_old_templates};

}  // namespace bulkhead::cli
