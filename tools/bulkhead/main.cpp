// bulkhead: the command line. Global flags, then a verb, then the verb's own words.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>

#include "base/log.h"
#include "base/text.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/suggest.h"

namespace bulkhead::cli {

namespace {

// In the order of the help text.
constexpr std::array kCommands = {
    &kRunCommand,  &kCreateCommand,  &kStartCommand,  &kStopCommand, &kRestartCommand,
    &kKillCommand, &kExecCommand,    &kAttachCommand, &kLogsCommand, &kWaitCommand,
    &kPsCommand,   &kInspectCommand, &kRmCommand,     &kLoadCommand, &kImagesCommand,
    &kRmiCommand,  &kVersionCommand, &kDoctorCommand};

struct GlobalFlags {
    std::string root;
    std::string state;
    bool help = false;
    bool version = false;
};

std::vector<Flag> global_flags(GlobalFlags& target) {
    return {{"root", '\0', "DIR", "where images and containers are kept", store(target.root)},
            {"state", '\0', "DIR", "what does not outlive a reboot", store(target.state)},
            {"version", 'v', "", "show the version", store(target.version)},
            {"help", 'h', "", "show this text", store(target.help)}};
}

std::string overview(const std::vector<Flag>& flags) {
    std::string text =
        "Usage: bulkhead [FLAGS] COMMAND\n\n"
        "Runs each container in a virtual machine of its own.\n\nCommands:\n";
    constexpr std::size_t kWidth = 10;
    for (const Command* command : kCommands) {
        const std::string name(command->name);
        text += "  " + name + std::string(kWidth - name.size(), ' ') +
                std::string(command->summary) + "\n";
    }
    return text + "\nFlags:\n" + flags_help(flags) +
           "\nExample: bulkhead run --rm -it debian bash\n"
           "`bulkhead COMMAND --help` says more about a command.\n";
}

Result<state::Paths> choose_paths(const GlobalFlags& flags) {
    const auto variable = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
    };
    state::Paths paths{flags.root, flags.state};
    // With --root alone, what is transient stays with it, away from other roots' containers.
    if (!paths.root.empty() && paths.state.empty()) paths.state = paths.root + "/run";
    if (paths.root.empty()) {
        const state::Paths usual = TRY(state::default_paths(::geteuid() == 0, variable));
        paths.root = usual.root;
        if (paths.state.empty()) paths.state = usual.state;
    }
    // A supervisor has a working directory of its own.
    paths.root = std::filesystem::absolute(paths.root).lexically_normal().string();
    paths.state = std::filesystem::absolute(paths.state).lexically_normal().string();
    return paths;
}

int unknown_command(const std::string& word) {
    Words names;
    for (const Command* command : kCommands) names.emplace_back(command->name);
    const std::string nearest = suggest(word, names);
    return fail(kExitFailure, concat("'", word, "' is not a bulkhead command.",
                                     nearest.empty() ? "" : " Did you mean '" + nearest + "'?",
                                     "\nSee 'bulkhead --help'."));
}

const Command* find_command(const std::string& name) {
    if (name == kSuperviseCommand.name) return &kSuperviseCommand;
    for (const Command* command : kCommands) {
        if (command->name == name) return command;
    }
    return nullptr;
}

int dispatch(const Words& words) {
    GlobalFlags global;
    const auto flags = global_flags(global);
    const auto rest = parse_flags(words, flags, Placement::BeforeArguments);
    if (!rest) return fail(kExitRunFailure, rest.error().message() + "\nSee 'bulkhead --help'.");
    if (global.version) return kVersionCommand.run({}, {});
    if (rest->empty() || global.help || rest->front() == "help") {
        std::cout << overview(flags);
        return kExitOk;
    }
    const Command* command = find_command(rest->front());
    if (command == nullptr) return unknown_command(rest->front());
    auto paths = choose_paths(global);
    if (!paths) return fail(kExitRunFailure, paths.error().message());
    return command->run({*std::move(paths)}, Words(rest->begin() + 1, rest->end()));
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
