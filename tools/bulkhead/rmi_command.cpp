// bulkhead rmi.
#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "host/engine/images.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/image_use.h"
#include "tools/bulkhead/images.h"

namespace bulkhead::cli {

namespace {

struct RmiFlags {
    bool force = false;
    bool no_prune = false;
};

Result<image::RemoveReport> remove_image(const engine::Images& images, const ImageUsers& users,
                                         const std::string& name, bool force) {
    TRY(check_removable(images.store(), name, users, force));
    auto report = images.remove(name, force ? image::RemoveMode::Force : image::RemoveMode::Normal);
    if (!report && report.error().is(std::errc::no_such_file_or_directory))
        return Error(report.error().code(), "No such image: " + name);
    return report;
}

int remove_images(const Context& context, const Words& words) {
    RmiFlags flags;
    const Parsed parsed =
        parse_command(kRmiCommand, words,
                      {{"force", 'f', "", "an image with several names, or with containers, too",
                        store(flags.force)},
                       {"no-prune", '\0', "", "accepted as docker's; there are no untagged parents",
                        store(flags.no_prune)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kRmiCommand, "'bulkhead rmi' requires at least 1 argument");
    const auto images = engine::Images::open(context.paths);
    if (!images) return fail(kExitFailure, images.error().message());
    const auto users = image_users(context);
    if (!users) return fail(kExitFailure, users.error().message());
    int code = kExitOk;
    for (const std::string& name : parsed.arguments) {
        const auto report = remove_image(*images, *users, name, flags.force);
        if (report) {
            std::cout << removal_text(*report);
            continue;
        }
        // docker's -f: what is not there is a message, but no failure.
        const bool missing = report.error().is(std::errc::no_such_file_or_directory);
        const int failure = fail(kExitFailure, report.error().message());
        if (!missing || !flags.force) code = failure;
    }
    return code;
}

}  // namespace

const Command kRmiCommand = {"rmi",
                             "rmi [FLAGS] IMAGE...",
                             "Remove images, and layers that no other image uses",
                             "bulkhead rmi busybox",
                             kExitFailure,
                             remove_images};

}  // namespace bulkhead::cli
