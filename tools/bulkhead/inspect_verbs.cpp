// bulkhead inspect, container inspect, image inspect.
#include <iostream>

#include "base/text.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/container_json.h"
#include "tools/bulkhead/image_json.h"
#include "tools/bulkhead/images.h"
#include "tools/bulkhead/list_format.h"
#include "tools/bulkhead/listed_container.h"

namespace bulkhead::cli {

namespace {

enum class Kind { Any, Container, Image };

struct InspectFlags {
    Kind kind = Kind::Any;
    std::string format;
    bool size = false;
};

Result<void> set_kind(InspectFlags& flags, const std::string& value) {
    if (value != "container" && value != "image")
        return Error(concat("\"", value, "\" is not a valid value for --type: container or image"));
    flags.kind = value == "container" ? Kind::Container : Kind::Image;
    return {};
}

class Inspector {
  public:
    Inspector(state::StateStore store, image::ImageStore images, const InspectFlags& flags)
        : store_(std::move(store)), images_(std::move(images)), flags_(flags) {}

    [[nodiscard]] Result<Json> find(const std::string& reference) const {
        if (flags_.kind == Kind::Container) return container(reference);
        if (flags_.kind == Kind::Image) return image(reference);
        auto found = container(reference);
        if (found) return found;
        auto image_found = image(reference);
        if (image_found) return image_found;
        return Error("No such object: " + reference);
    }

  private:
    [[nodiscard]] Result<Json> container(const std::string& reference) const {
        const state::Record record = TRY(store_.find(reference));
        Json json = TRY(container_json(store_, record));
        if (!flags_.size) return json;
        ListedContainer listed;
        listed.directory = store_.directory_of(record);
        add_container_sizes(json, disk_usage(listed),
                            image_bytes(images_, json.at("Image").get<std::string>()));
        return json;
    }

    [[nodiscard]] Result<Json> image(const std::string& reference) const {
        const auto found = images_.find(reference);
        if (found) return image_json(*found);
        if (found.error().is(std::errc::no_such_file_or_directory))
            return Error("No such image: " + reference);
        return found.error();
    }

    state::StateStore store_;
    image::ImageStore images_;
    const InspectFlags& flags_;
};

Result<Inspector> open_inspector(const Context& context, const InspectFlags& flags) {
    auto store = TRY(state::StateStore::open(context.paths));
    auto images = TRY(open_image_store(context.paths));
    return Inspector(std::move(store), std::move(images), flags);
}

// One line for each with a template, else one list.
Result<void> print_found(const Json& found, const std::string& format) {
    if (format.empty()) {
        std::cout << found.dump(4, ' ', false, Json::error_handler_t::replace) << "\n";
        return {};
    }
    if (format == "json") {
        std::cout << go_template::json_text(found) << "\n";
        return {};
    }
    for (const Json& each : found) std::cout << TRY(formatted(format, each)) << "\n";
    return {};
}

int inspect(const Command& command, Kind kind, const Context& context, const Words& words) {
    InspectFlags inspect_flags;
    inspect_flags.kind = kind;
    std::vector<Flag> flags = {{"format", 'f', "FORMAT", "'json', or a Go template for each",
                                store(inspect_flags.format)}};
    if (kind != Kind::Image)
        flags.push_back(
            {"size", 's', "", "what a container takes on disk, too", store(inspect_flags.size)});
    if (kind == Kind::Any)
        flags.push_back({"type", '\0', "TYPE", "only 'container' or only 'image'",
                         [&inspect_flags](const std::string& value) {
                             return set_kind(inspect_flags, value);
                         }});
    const Parsed parsed = parse_command(command, words, flags);
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(command,
                           concat("'bulkhead ", command.name, "' requires at least 1 argument"));
    const auto inspector = open_inspector(context, inspect_flags);
    if (!inspector) return fail(kExitFailure, inspector.error().message());
    Json found = Json::array();
    int code = kExitOk;
    for (const std::string& reference : parsed.arguments) {
        auto json = inspector->find(reference);
        if (json) {
            found.push_back(*std::move(json));
        } else {
            code = fail(kExitFailure, json.error().message());
        }
    }
    if (const auto printed = print_found(found, inspect_flags.format); !printed)
        return fail(kExitFailure, printed.error().message());
    return code;
}

int inspect_any(const Context& context, const Words& words) {
    return inspect(kInspectCommand, Kind::Any, context, words);
}

int inspect_containers(const Context& context, const Words& words) {
    return inspect(kContainerInspectCommand, Kind::Container, context, words);
}

int inspect_images(const Context& context, const Words& words) {
    return inspect(kImageInspectCommand, Kind::Image, context, words);
}

}  // namespace

const Command kInspectCommand = {"inspect",
                                 "inspect [FLAGS] CONTAINER|IMAGE...",
                                 "Show all that is known about containers or images, as JSON",
                                 "bulkhead inspect -f '{{.State.Status}}' web",
                                 kExitFailure,
                                 inspect_any};

const Command kContainerInspectCommand = {"container inspect",
                                          "container inspect [FLAGS] CONTAINER...",
                                          "Show all that is known about containers, as JSON",
                                          "bulkhead container inspect --size web",
                                          kExitFailure,
                                          inspect_containers};

const Command kImageInspectCommand = {"image inspect",
                                      "image inspect [FLAGS] IMAGE...",
                                      "Show all that is known about images, as JSON",
                                      "bulkhead image inspect -f '{{json .Config.Env}}' busybox",
                                      kExitFailure,
                                      inspect_images};

}  // namespace bulkhead::cli
