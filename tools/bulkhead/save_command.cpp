// bulkhead save, tag.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/engine/images.h"
#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

namespace {

// docker's words for an image that is not there.
Error image_error(const Error& error, const std::string& name) {
    if (!error.is(std::errc::no_such_file_or_directory)) return error;
    return Error(error.code(), "No such image: " + name);
}

// Whole or not at all, unless it is a device or a pipe.
Result<void> save_to_file(const engine::Images& images, const Words& references,
                          const std::string& path) {
    constexpr mode_t kMode = 0600;

    struct stat status {};

    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
        const UniqueFd file = TRY(open_file(path, O_WRONLY));
        return images.save(references, file.get());
    }
    const std::string partial = concat(path, ".partial-", ::getpid());
    auto written = [&]() -> Result<void> {
        const UniqueFd file = TRY(open_file(partial, O_WRONLY | O_CREAT | O_EXCL, kMode));
        TRY(images.save(references, file.get()));
        if (::fsync(file.get()) != 0) return errno_error("sync " + partial);
        if (std::rename(partial.c_str(), path.c_str()) != 0)
            return errno_error("rename to " + path);
        return {};
    }();
    if (!written) ::unlink(partial.c_str());
    return written;
}

int save(const Context& context, const Words& words) {
    std::string output;
    const Parsed parsed =
        parse_command(kSaveCommand, words,
                      {{"output", 'o', "FILE", "instead of standard output", store(output)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kSaveCommand, "'bulkhead save' requires at least 1 argument");
    if (output.empty() && ::isatty(STDOUT_FILENO) != 0)
        return usage_error(kSaveCommand,
                           "cowardly refusing to save to a terminal; use -o or redirect");
    const auto images = engine::Images::open(context.paths);
    if (!images) return fail(kExitFailure, images.error().message());
    const auto saved = output.empty() ? images->save(parsed.arguments, STDOUT_FILENO)
                                      : save_to_file(*images, parsed.arguments, output);
    return saved ? kExitOk : fail(kExitFailure, saved.error().message());
}

int tag(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kTagCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() != 2)
        return usage_error(kTagCommand, "'bulkhead tag' requires exactly 2 arguments");
    const auto images = engine::Images::open(context.paths);
    if (!images) return fail(kExitFailure, images.error().message());
    const auto tagged = images->tag(parsed.arguments[0], parsed.arguments[1]);
    if (tagged) return kExitOk;
    return fail(kExitFailure, image_error(tagged.error(), parsed.arguments[0]).message());
}

}  // namespace

const Command kSaveCommand = {"save",
                              "save [FLAGS] IMAGE...",
                              "Write images to an archive that docker, podman and skopeo read",
                              "bulkhead save -o busybox.tar busybox",
                              kExitFailure,
                              save};

const Command kTagCommand = {"tag",
                             "tag SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
                             "Give an image one more name",
                             "bulkhead tag busybox example.com/tools/busybox:1",
                             kExitFailure,
                             tag};

}  // namespace bulkhead::cli
