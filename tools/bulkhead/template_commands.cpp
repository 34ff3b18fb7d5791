// bulkhead template ls, build, rm.
#include <algorithm>
#include <array>
#include <ctime>
#include <iostream>

#include "base/text.h"
#include "host/engine/template_build.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/host_files.h"
#include "tools/bulkhead/new_container.h"
#include "tools/bulkhead/template_list.h"

namespace bulkhead::cli {

namespace {

int list(const Context& context, const Words& words) {
    ListChoice choice;
    bool whole = false;
    std::vector<Flag> flags = {{"no-trunc", '\0', "", "whole ids", store(whole)}};
    for (Flag& flag : list_flags(choice)) flags.push_back(std::move(flag));
    const Parsed parsed = parse_command(kTemplateLsCommand, words, std::move(flags));
    if (!parsed.go_on) return parsed.exit_code;
    if (!parsed.arguments.empty())
        return usage_error(kTemplateLsCommand, "'bulkhead template ls' takes no arguments");
    const auto all = list_templates(context);
    if (!all) return fail(kExitFailure, all.error().message());
    std::vector<ListRow> rows;
    rows.reserve(all->size());
    for (const ListedTemplate& listed : *all)
        rows.push_back(template_row(listed, whole, std::time(nullptr)));
    const auto text = list_text(choice, template_columns(), rows);
    if (!text) return fail(kExitFailure, text.error().message());
    std::cout << *text;
    return kExitOk;
}

// Of `run`'s flags those that the machine depends on.
std::vector<Flag> machine_flags(RunFlags& target) {
    constexpr std::array<std::string_view, 5> kNames = {"memory", "cpus", "kernel", "kernel-args",
                                                        "start-timeout"};
    std::vector<Flag> flags = create_flags(target);
    std::erase_if(flags, [&](const Flag& flag) {
        return std::find(kNames.begin(), kNames.end(), flag.name) == kNames.end();
    });
    return flags;
}

Result<engine::BuiltTemplate> build_one(const Context& context, const RunFlags& flags) {
    const auto files = TRY(find_host_files());
    container::v1::Config config;
    set_machine(flags, *config.mutable_machine());
    return engine::build_template(context.paths, files, config);
}

int build(const Context& context, const Words& words) {
    RunFlags flags;
    const Parsed parsed = parse_command(kTemplateBuildCommand, words, machine_flags(flags));
    if (!parsed.go_on) return parsed.exit_code;
    if (!parsed.arguments.empty())
        return usage_error(kTemplateBuildCommand, "'bulkhead template build' takes no arguments");
    const auto built = build_one(context, flags);
    if (!built) return fail(kExitFailure, built.error().message());
    if (built->was_there) std::cerr << "bulkhead: the template is there already\n";
    std::cout << built->id << "\n";
    return kExitOk;
}

Result<void> remove_one(const Context& context, const std::vector<ListedTemplate>& all,
                        const std::string& reference) {
    const std::string id = TRY(find_template(all, reference));
    if (!TRY(template_store(context).remove(id))) return Error("No such template: " + reference);
    return {};
}

int remove(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kTemplateRmCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty())
        return usage_error(kTemplateRmCommand,
                           "'bulkhead template rm' requires at least 1 argument");
    const auto all = list_templates(context);
    if (!all) return fail(kExitFailure, all.error().message());
    int code = kExitOk;
    for (const std::string& reference : parsed.arguments) {
        const auto removed = remove_one(context, *all, reference);
        if (removed) {
            std::cout << reference << "\n";
        } else {
            code = fail(kExitFailure, removed.error().message());
        }
    }
    static_cast<void>(template_store(context).sweep());
    return code;
}

}  // namespace

const Command kTemplateLsCommand = {"template ls",
                                    "template ls [FLAGS]",
                                    "List templates of machines",
                                    "bulkhead template ls --format '{{.ID}} {{.Size}}'",
                                    kExitFailure,
                                    list};

const Command kTemplateBuildCommand = {"template build",
                                       "template build [FLAGS]",
                                       "Make the template of a machine before it is needed",
                                       "bulkhead template build -m 256m --cpus 1",
                                       kExitFailure,
                                       build};

const Command kTemplateRmCommand = {"template rm",
                                    "template rm TEMPLATE...",
                                    "Remove templates of machines",
                                    "bulkhead template rm 4aed2f5b2620",
                                    kExitFailure,
                                    remove};

}  // namespace bulkhead::cli
