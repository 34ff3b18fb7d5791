// bulkhead load, images, rmi.
#include <unistd.h>

#include <ctime>
#include <iostream>

#include "base/text.h"
#include "host/engine/supervisor_main.h"
#include "host/image/image_store.h"
#include "host/image/reference.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/listing.h"

namespace bulkhead::cli {

namespace {

constexpr std::size_t kShortIdLength = 12;

Result<image::ImageStore> open_store(const Context& context) {
    TRY(state::make_directories(context.paths.root));
    return image::ImageStore::open(engine::image_store_path(context.paths));
}

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
    image::LoadOptions options;
    options.progress = show_progress;
    const Parsed parsed = parse_command(
        kLoadCommand, words,
        {{"input", 'i', "PATH", "the same as PATH, as docker has it", store(input)},
         {"name", '\0', "NAME", "call the image this, not what it says", store(options.name)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() > (input.empty() ? 1U : 0U))
        return usage_error(kLoadCommand, "'bulkhead load' takes one path");
    if (!parsed.arguments.empty()) input = parsed.arguments.front();
    if (input.empty() && ::isatty(STDIN_FILENO) != 0)
        return usage_error(kLoadCommand,
                           "requested load from standard input, but it is a terminal");
    if (input.empty() || input == "-") input = "/dev/stdin";

    const auto images = open_store(context);
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

Row image_row(const image::Image& image, const std::string& reference) {
    std::string repository = "<none>";
    std::string tag = "<none>";
    if (const auto parsed = image::Reference::parse(reference); !reference.empty() && parsed) {
        repository = parsed->familiar_name();
        if (!parsed->tag().empty()) tag = parsed->tag();
    }
    const std::time_t created = parse_time(image.created);
    return {repository, tag, image.id.hex().substr(0, kShortIdLength),
            created == 0 ? "N/A" : duration_text(std::time(nullptr) - created) + " ago",
            size_text(image.size)};
}

int list_images(const Context& context, const Words& words) {
    bool quiet = false;
    const Parsed parsed =
        parse_command(kImagesCommand, words, {{"quiet", 'q', "", "ids only", store(quiet)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (!parsed.arguments.empty())
        return usage_error(kImagesCommand, "'bulkhead images' takes no arguments");
    const auto store = open_store(context);
    if (!store) return fail(kExitFailure, store.error().message());
    const auto images = store->list();
    if (!images) return fail(kExitFailure, images.error().message());
    std::vector<Row> rows = {{"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"}};
    for (const image::Image& image : *images) {
        if (quiet) std::cout << image.id.hex().substr(0, kShortIdLength) << "\n";
        if (image.references.empty()) rows.push_back(image_row(image, ""));
        for (const std::string& reference : image.references)
            rows.push_back(image_row(image, reference));
    }
    if (!quiet) std::cout << table(rows);
    return kExitOk;
}

int remove_image(const image::ImageStore& store, const std::string& name, image::RemoveMode mode) {
    const auto report = store.remove(name, mode);
    if (!report) {
        const bool missing = report.error().is(std::errc::no_such_file_or_directory);
        return fail(kExitFailure, missing ? "No such image: " + name : report.error().message());
    }
    for (const std::string& reference : report->untagged)
        std::cout << "Untagged: " << reference << "\n";
    if (report->deleted) std::cout << "Deleted: " << report->deleted->text() << "\n";
    return kExitOk;
}

int remove_images(const Context& context, const Words& words) {
    bool force = false;
    const Parsed parsed = parse_command(
        kRmiCommand, words, {{"force", 'f', "", "an image with several names too", store(force)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kRmiCommand, "'bulkhead rmi' requires at least 1 argument");
    const auto store = open_store(context);
    if (!store) return fail(kExitFailure, store.error().message());
    int code = kExitOk;
    for (const std::string& name : parsed.arguments) {
        const auto mode = force ? image::RemoveMode::Force : image::RemoveMode::Normal;
        code = std::max(code, remove_image(*store, name, mode));
    }
    return code;
}

}  // namespace

const Command kLoadCommand = {"load",
                              "load [FLAGS] [PATH]",
                              "Load images from an OCI layout or archive, or a docker archive",
                              "bulkhead load busybox.tar",
                              kExitFailure,
                              load};

const Command kImagesCommand = {"images",          "images [FLAGS]", "List images",
                                "bulkhead images", kExitFailure,     list_images};

const Command kRmiCommand = {"rmi",
                             "rmi [FLAGS] IMAGE...",
                             "Remove images, and layers that no other image uses",
                             "bulkhead rmi busybox",
                             kExitFailure,
                             remove_images};

}  // namespace bulkhead::cli
