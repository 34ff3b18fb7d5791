// The verbs of the command line and what they share. Thread: main.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/engine/engine.h"
#include "host/state/paths.h"
#include "tools/bulkhead/flags.h"

namespace bulkhead::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;       // what was asked could not be done
inline constexpr int kExitRunFailure = 125;  // docker's: `run` itself failed
inline constexpr int kExitInternal = 70;     // sysexits.h: EX_SOFTWARE

struct Command;

struct Context {
    state::Paths paths;
    // All but those that only groups have; for what tells about them.
    std::span<const Command* const> commands = {};
};

struct Command {
    std::string_view name;
    std::string_view usage;    // "rm [-f] CONTAINER..."
    std::string_view summary;  // one line
    std::string_view example;
    int usage_error_code;  // docker's run gives 125 for bad flags too
    int (*run)(const Context& context, const Words& words);
};

// Prints "bulkhead: <message>" on standard error and gives the code back.
int fail(int code, std::string_view message);

// A bad command line: the message, and where to read more.
int usage_error(const Command& command, std::string_view message);

// Parses flags, --help included. A value: go on with these arguments. Otherwise the exit code.
struct Parsed {
    bool go_on = false;
    int exit_code = 0;
    Words arguments;
};

Parsed parse_command(const Command& command, const Words& words, std::vector<Flag> flags,
                     Placement placement = Placement::Anywhere);

// Calls `act` on each, prints the name of each that it could be done to, and says what went wrong
// with the others. Gives the command's exit code.
int for_each_container(const Words& references,
                       const std::function<Result<void>(const std::string&)>& act);

// The same with an engine and the container that each reference names.
int for_each_container(
    const Context& context, const Words& references,
    const std::function<Result<void>(engine::Engine&, const state::Record&)>& act);

// The commands, in the order of the help text.
extern const Command kRunCommand;
extern const Command kCreateCommand;
extern const Command kStartCommand;
extern const Command kStopCommand;
extern const Command kRestartCommand;
extern const Command kKillCommand;
extern const Command kExecCommand;
extern const Command kAttachCommand;
extern const Command kLogsCommand;
extern const Command kPauseCommand;
extern const Command kUnpauseCommand;
extern const Command kRenameCommand;
extern const Command kUpdateCommand;
extern const Command kPortCommand;
extern const Command kEventsCommand;
extern const Command kSystemBootCommand;
extern const Command kWaitCommand;
extern const Command kInspectCommand;
extern const Command kContainerInspectCommand;
extern const Command kImageInspectCommand;
extern const Command kCpCommand;
extern const Command kDiffCommand;
extern const Command kExportCommand;
extern const Command kCommitCommand;
extern const Command kTopCommand;
extern const Command kStatsCommand;
extern const Command kLoadCommand;
extern const Command kImagesCommand;
extern const Command kRmiCommand;
extern const Command kTagCommand;
extern const Command kSaveCommand;
extern const Command kHistoryCommand;
extern const Command kPsCommand;
extern const Command kRmCommand;
extern const Command kVersionCommand;
extern const Command kDoctorCommand;
extern const Command kInfoCommand;
extern const Command kCompletionCommand;
// Only in groups.
extern const Command kContainerPruneCommand;
extern const Command kImagePruneCommand;
extern const Command kSystemPruneCommand;
extern const Command kSystemDfCommand;
extern const Command kCheckpointCreateCommand;
extern const Command kCheckpointLsCommand;
extern const Command kCheckpointRmCommand;
extern const Command kTemplateLsCommand;
extern const Command kTemplateBuildCommand;
extern const Command kTemplateRmCommand;
extern const Command kTemplatePruneCommand;
// Not in the help text: what `run` and `start` start, what completion asks, and the manual page.
extern const Command kSuperviseCommand;
extern const Command kCompleteCommand;
extern const Command kManCommand;

}  // namespace bulkhead::cli
