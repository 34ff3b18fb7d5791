// bulkhead load.
#include <unistd.h>

#include <iostream>

#include "base/text.h"
#include "host/engine/images.h"
#include "tools/bulkhead/command.h"

namespace bulkhead::cli {

namespace {

constexpr std::size_t kShortIdLength = 12;

// One line that is written over, on a terminal only.
void show_progress(const image::LoadProgress& progress) {
    if (::isatty(STDERR_FILENO) == 0) return;
    std::cerr << "\rlayer " << progress.layer << "/" << progress.layers << " "
              << progress.diff_id.hex().substr(0, kShortIdLength) << ": "
              << (progress.present ? "done" : bytes_text(progress.read)) << "\x1b[K"
              << (progress.present ? "\n" : "") << std::flush;
}

int load(const Context& context, const Words& words) {
    std::string input;
    bool quiet = false;
    image::LoadOptions options;
    const Parsed parsed = parse_command(
        kLoadCommand, words,
        {{"input", 'i', "PATH", "the same as PATH, as docker has it", store(input)},
         {"name", '\0', "NAME", "call the image this, not what it says", store(options.name)},
         {"quiet", 'q', "", "no progress", store(quiet)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (!quiet) options.progress = show_progress;
    if (parsed.arguments.size() > (input.empty() ? 1U : 0U))
        return usage_error(kLoadCommand, "'bulkhead load' takes one path");
    if (!parsed.arguments.empty()) input = parsed.arguments.front();
    if (input.empty() && ::isatty(STDIN_FILENO) != 0)
        return usage_error(kLoadCommand,
                           "requested load from standard input, but it is a terminal");
    if (input.empty() || input == "-") input = "/dev/stdin";

    const auto images = engine::Images::open(context.paths);
    if (!images) return fail(kExitFailure, images.error().message());
    const auto loaded = images->load(input, options);
    if (!loaded) return fail(kExitFailure, loaded.error().message());
    for (const image::LoadedImage& image : *loaded) {
        if (image.references.empty()) std::cout << "Loaded image ID: " << image.id.text() << "\n";
        for (const std::string& reference : image.references)
            std::cout << "Loaded image: " << reference << "\n";
    }
    return kExitOk;
}

}  // namespace

const Command kLoadCommand = {"load",
                              "load [FLAGS] [PATH]",
                              "Load images from an OCI layout or archive, or a docker archive",
                              "bulkhead load busybox.tar",
                              kExitFailure,
                              load};

}  // namespace bulkhead::cli
