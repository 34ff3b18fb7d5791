#include "tools/bulkhead/groups.h"

#include <algorithm>
#include <array>
#include <iostream>

#include "base/text.h"
#include "tools/bulkhead/suggest.h"

namespace bulkhead::cli {

namespace {

constexpr std::array kContainerVerbs = {
    GroupVerb{"attach", &kAttachCommand},   GroupVerb{"commit", &kCommitCommand},
    GroupVerb{"cp", &kCpCommand},           GroupVerb{"create", &kCreateCommand},
    GroupVerb{"diff", &kDiffCommand},       GroupVerb{"exec", &kExecCommand},
    GroupVerb{"export", &kExportCommand},   GroupVerb{"inspect", &kContainerInspectCommand},
    GroupVerb{"kill", &kKillCommand},       GroupVerb{"logs", &kLogsCommand},
    GroupVerb{"ls", &kPsCommand, "list"},   GroupVerb{"pause", &kPauseCommand},
    GroupVerb{"port", &kPortCommand},       GroupVerb{"prune", &kContainerPruneCommand},
    GroupVerb{"rename", &kRenameCommand},   GroupVerb{"restart", &kRestartCommand},
    GroupVerb{"rm", &kRmCommand, "remove"}, GroupVerb{"run", &kRunCommand},
    GroupVerb{"start", &kStartCommand},     GroupVerb{"stats", &kStatsCommand},
    GroupVerb{"stop", &kStopCommand},       GroupVerb{"top", &kTopCommand},
    GroupVerb{"unpause", &kUnpauseCommand}, GroupVerb{"update", &kUpdateCommand},
    GroupVerb{"wait", &kWaitCommand}};

constexpr std::array kCheckpointVerbs = {GroupVerb{"create", &kCheckpointCreateCommand},
                                         GroupVerb{"ls", &kCheckpointLsCommand, "list"},
                                         GroupVerb{"rm", &kCheckpointRmCommand, "remove"}};

constexpr std::array kImageVerbs = {
    GroupVerb{"history", &kHistoryCommand},  GroupVerb{"inspect", &kImageInspectCommand},
    GroupVerb{"load", &kLoadCommand},        GroupVerb{"ls", &kImagesCommand, "list"},
    GroupVerb{"prune", &kImagePruneCommand}, GroupVerb{"rm", &kRmiCommand, "remove"},
    GroupVerb{"save", &kSaveCommand},        GroupVerb{"tag", &kTagCommand}};

constexpr std::array kSystemVerbs = {
    GroupVerb{"boot", &kSystemBootCommand}, GroupVerb{"df", &kSystemDfCommand},
    GroupVerb{"events", &kEventsCommand}, GroupVerb{"info", &kInfoCommand},
    GroupVerb{"prune", &kSystemPruneCommand}};

constexpr std::array kTemplateVerbs = {
    GroupVerb{"build", &kTemplateBuildCommand}, GroupVerb{"ls", &kTemplateLsCommand, "list"},
    GroupVerb{"prune", &kTemplatePruneCommand}, GroupVerb{"rm", &kTemplateRmCommand, "remove"}};

constexpr std::array kGroups = {
    Group{"checkpoint", "Save running containers, to go on from there", kCheckpointVerbs,
          &kCheckpointCreateCommand},
    Group{"container", "Manage containers", kContainerVerbs},
    Group{"image", "Manage images", kImageVerbs},
    Group{"system", "Manage what bulkhead keeps", kSystemVerbs},
    Group{"template", "Manage saved machines that starts go on from", kTemplateVerbs}};

std::string group_help(const Group& group) {
    std::vector<std::pair<std::string, std::string>> words;
    for (const GroupVerb& verb : group.verbs) words.emplace_back(verb.name, verb.command->summary);
    return concat("Usage: bulkhead ", group.name, " COMMAND\n\n", group.summary, "\n\nCommands:\n",
                  words_help(words), "\nExample: bulkhead ", group.name, " ",
                  group.verbs.back().name, " --help\n");
}

int unknown_verb(const Group& group, const std::string& word) {
    Words names;
    for (const GroupVerb& verb : group.verbs) names.emplace_back(verb.name);
    const std::string nearest = suggest(word, names);
    return fail(kExitFailure, concat("'", word, "' is not a bulkhead ", group.name, " command.",
                                     nearest.empty() ? "" : " Did you mean '" + nearest + "'?",
                                     "\nSee 'bulkhead ", group.name, " --help'."));
}

}  // namespace

std::span<const Group> groups() {
    return kGroups;
}

const Group* find_group(std::string_view name) {
    const auto* const found = std::find_if(kGroups.begin(), kGroups.end(),
                                           [&](const Group& group) { return group.name == name; });
    return found == kGroups.end() ? nullptr : found;
}

const Command* find_verb(const Group& group, std::string_view name) {
    const auto found =
        std::find_if(group.verbs.begin(), group.verbs.end(), [&](const GroupVerb& verb) {
            return verb.name == name || (!name.empty() && verb.other_name == name);
        });
    return found == group.verbs.end() ? nullptr : found->command;
}

int run_group(const Group& group, const Context& context, const Words& words) {
    if (words.empty() || words.front() == "--help" || words.front() == "-h" ||
        words.front() == "help") {
        std::cout << group_help(group);
        return kExitOk;
    }
    const Command* command = find_verb(group, words.front());
    // A name of a container is no verb, and neither is a flag.
    if (command == nullptr && group.usual != nullptr && words.size() > 1)
        return group.usual->run(context, words);
    if (command == nullptr) return unknown_verb(group, words.front());
    return command->run(context, Words(words.begin() + 1, words.end()));
}

std::vector<std::string> aliases_of(const Command& command) {
    std::vector<std::string> aliases;
    for (const Group& group : kGroups) {
        for (const GroupVerb& verb : group.verbs) {
            const std::string name = concat(group.name, " ", verb.name);
            if (verb.command != &command || name == command.name) continue;
            aliases.push_back("bulkhead " + name);
        }
    }
    return aliases;
}

std::string words_help(const std::vector<std::pair<std::string, std::string>>& words) {
    std::size_t width = 0;
    for (const auto& [word, meaning] : words) width = std::max(width, word.size());
    std::string text;
    for (const auto& [word, meaning] : words)
        text += concat("  ", word, std::string(width + 2 - word.size(), ' '), meaning, "\n");
    return text;
}

}  // namespace bulkhead::cli
