// bulkhead: the command line. Global flags, then a verb, then the verb's own words.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <exception>
#include <iostream>

#include "base/log.h"
#include "base/text.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/global_flags.h"
#include "tools/bulkhead/groups.h"
#include "tools/bulkhead/suggest.h"

namespace bulkhead::cli {

namespace {

// In the order of the help text.
constexpr std::array kCommands = {
    &kRunCommand,     &kCreateCommand, &kStartCommand,   &kStopCommand,   &kRestartCommand,
    &kKillCommand,    &kPauseCommand,  &kUnpauseCommand, &kExecCommand,   &kAttachCommand,
    &kLogsCommand,    &kWaitCommand,   &kPsCommand,      &kTopCommand,    &kStatsCommand,
    &kInspectCommand, &kEventsCommand, &kPortCommand,    &kCpCommand,     &kDiffCommand,
    &kExportCommand,  &kCommitCommand, &kRenameCommand,  &kUpdateCommand, &kRmCommand,
    &kLoadCommand,    &kImagesCommand, &kRmiCommand,     &kTagCommand,    &kSaveCommand,
    &kHistoryCommand, &kInfoCommand,   &kVersionCommand, &kDoctorCommand, &kCompletionCommand};

std::string overview(const std::vector<Flag>& flags) {
    std::string text =
        "Usage: bulkhead [FLAGS] COMMAND\n\n"
        "Runs each container in a virtual machine of its own.\n\nCommands:\n";
    std::vector<std::pair<std::string, std::string>> commands;
    commands.reserve(std::size(kCommands));
    for (const Command* command : kCommands) commands.emplace_back(command->name, command->summary);
    text += words_help(commands) + "\nThe same by what they are about:\n";
    std::vector<std::pair<std::string, std::string>> about;
    about.reserve(std::size(groups()));
    for (const Group& group : groups()) about.emplace_back(group.name, group.summary);
    return text + words_help(about) + "\nFlags:\n" + flags_help(flags) +
           "\nExample: bulkhead run --rm -it debian bash\n"
           "`bulkhead COMMAND --help` says more about a command.\n";
}

int unknown_command(const std::string& word) {
    Words names;
    for (const Command* command : kCommands) names.emplace_back(command->name);
    for (const Group& group : groups()) names.emplace_back(group.name);
    const std::string nearest = suggest(word, names);
    return fail(kExitFailure, concat("'", word, "' is not a bulkhead command.",
                                     nearest.empty() ? "" : " Did you mean '" + nearest + "'?",
                                     "\nSee 'bulkhead --help'."));
}

const Command* find_command(const std::string& name) {
    for (const Command* hidden : {&kSuperviseCommand, &kCompleteCommand, &kManCommand}) {
        if (hidden->name == name) return hidden;
    }
    for (const Command* command : kCommands) {
        if (command->name == name) return command;
    }
    return nullptr;
}

int dispatch(const Words& words) {
    GlobalFlags global;
    const auto flags = global_flags(global);
    auto rest = parse_flags(words, flags, Placement::BeforeArguments);
    if (!rest) return fail(kExitRunFailure, rest.error().message() + "\nSee 'bulkhead --help'.");
    if (global.version) return kVersionCommand.run({}, {});
    // "help rm" is "rm --help".
    if (rest->size() > 1 && rest->front() == "help") {
        rest->erase(rest->begin());
        rest->emplace_back("--help");
    }
    if (rest->empty() || global.help || rest->front() == "help") {
        std::cout << overview(flags);
        return kExitOk;
    }
    const Command* command = find_command(rest->front());
    const Group* group = find_group(rest->front());
    if (command == nullptr && group == nullptr) return unknown_command(rest->front());
    auto paths = choose_paths(global);
    if (!paths) return fail(kExitRunFailure, paths.error().message());
    const Context context{*std::move(paths), kCommands};
    const Words behind(rest->begin() + 1, rest->end());
    return group != nullptr ? run_group(*group, context, behind) : command->run(context, behind);
}

// A descriptor that we open must never take the place of a standard stream.
bool complete_standard_streams() {
    int fd = -1;
    do {
        fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0) return false;
    } while (fd <= STDERR_FILENO);
    ::close(fd);
    return true;
}

}  // namespace

}  // namespace bulkhead::cli

int main(int argc, char** argv) {
    using namespace bulkhead;
    // Libraries may throw; nothing of ours does.
    try {
        if (!cli::complete_standard_streams()) return cli::kExitInternal;
        ::signal(SIGPIPE, SIG_IGN);  // a reader that is gone is an error of write()
        log::configure("bulkhead", log::Level::Warning);
        return cli::dispatch(cli::Words(argv + std::min(argc, 1), argv + argc));
    } catch (const std::exception& failure) {
        return cli::fail(cli::kExitInternal, std::string("internal error: ") + failure.what());
    }
}
