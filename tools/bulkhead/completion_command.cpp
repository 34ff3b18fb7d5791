// bulkhead completion, and the hidden `bulkhead __complete` that its scripts call.
#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "tools/bulkhead/checkpoint_list.h"
#include "tools/bulkhead/complete.h"
#include "tools/bulkhead/completion_scripts.h"
#include "tools/bulkhead/container_row.h"
#include "tools/bulkhead/global_flags.h"
#include "tools/bulkhead/images.h"
#include "tools/bulkhead/template_list.h"

namespace bulkhead::cli {

namespace {

// A completion that fails offers nothing: there is nobody to tell.
std::vector<Candidate> container_names(const state::Paths& paths) {
    std::vector<Candidate> names;
    const auto store = state::StateStore::open(paths);
    if (!store) return names;
    for (const ListedContainer& container : list_containers(*store))
        names.push_back(
            {container.record.name, std::string(state::status_name(container.record.status)) +
                                        ", " + container.record.image});
    return names;
}

std::vector<Candidate> image_names(const state::Paths& paths) {
    std::vector<Candidate> names;
    const auto store = open_image_store(paths);
    if (!store) return names;
    const auto images = store->list();
    if (!images) return names;
    constexpr std::string_view kLatest = ":latest";
    for (const image::Image& image : *images) {
        for (const std::string& name : image.references) {
            if (name.ends_with(kLatest))
                names.push_back({name.substr(0, name.size() - kLatest.size()), "image"});
            names.push_back({name, "image"});
        }
    }
    return names;
}

std::vector<Candidate> template_names(const state::Paths& paths) {
    std::vector<Candidate> names;
    const auto all = list_templates(Context{paths});
    if (!all) return names;
    for (const ListedTemplate& listed : *all) {
        const ListRow row = template_row(listed, false, 0);
        names.push_back(
            {row.fields["ID"], concat("template, ", std::string(row.fields["Status"]))});
    }
    return names;
}

std::vector<Candidate> checkpoint_names(const state::Paths& paths) {
    std::vector<Candidate> names;
    const auto all = checkpoint_store(Context{paths}).list();
    if (!all) return names;
    for (const ListedCheckpoint& listed : *all) {
        const std::string of = listed.entry ? listed.entry->container_name : "damaged";
        names.push_back({listed.name, concat("checkpoint, ", of)});
    }
    return names;
}

// Those of the line that is completed, not of this call.
state::Paths paths_of_line(const Context& context, const Words& words) {
    GlobalFlags global;
    Words line = words;
    line.pop_back();
    const auto flags = global_flags(global);
    const auto rest = parse_flags(line, flags, Placement::BeforeArguments);
    if (!rest || (global.root.empty() && global.state.empty())) return context.paths;
    const auto paths = choose_paths(global);
    return paths ? *paths : context.paths;
}

// One candidate a line, a tab before its meaning; ":files" for the shell's own.
int complete_line(const Context& context, const Words& words) {
    if (words.empty()) return kExitOk;
    const state::Paths paths = paths_of_line(context, words);
    const KnownNames names = {
        [&paths] { return container_names(paths); }, [&paths] { return image_names(paths); },
        [&paths] { return template_names(paths); }, [&paths] { return checkpoint_names(paths); }};
    const Completion completion = complete(context.commands, words, names);
    for (const Candidate& candidate : completion.candidates)
        std::cout << candidate.word << "\t" << candidate.meaning << "\n";
    if (completion.files) std::cout << ":files\n";
    return kExitOk;
}

int print_script(const Context& /*context*/, const Words& words) {
    const Parsed parsed = parse_command(kCompletionCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() != 1)
        return usage_error(kCompletionCommand, "'bulkhead completion' requires a shell's name");
    const std::string& shell = parsed.arguments.front();
    if (shell == "bash") {
        std::cout << kBashCompletion;
    } else if (shell == "zsh") {
        std::cout << kZshCompletion;
    } else if (shell == "fish") {
        std::cout << kFishCompletion;
    } else {
        return usage_error(kCompletionCommand,
                           "no completion for '" + shell + "': there is bash, zsh and fish");
    }
    return kExitOk;
}

}  // namespace

const Command kCompletionCommand = {"completion",
                                    "completion [FLAGS] SHELL",
                                    "Print the completion for bash, zsh or fish",
                                    "source <(bulkhead completion bash)",
                                    kExitFailure,
                                    print_script};

const Command kCompleteCommand = {"__complete", "__complete WORD...", "",
                                  "",           kExitFailure,         complete_line};

}  // namespace bulkhead::cli
