// The verbs of the command line and what they share. Thread: main.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/state/paths.h"
#include "tools/bulkhead/flags.h"

namespace bulkhead::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;       // what was asked could not be done
inline constexpr int kExitRunFailure = 125;  // docker's: `run` itself failed
inline constexpr int kExitInternal = 70;     // sysexits.h: EX_SOFTWARE

struct Context {
    state::Paths paths;
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
extern const Command kWaitCommand;
extern const Command kInspectCommand;
extern const Command kLoadCommand;
extern const Command kImagesCommand;
extern const Command kRmiCommand;
extern const Command kPsCommand;
extern const Command kRmCommand;
extern const Command kVersionCommand;
extern const Command kDoctorCommand;
// Not in the help text: what `run` and `start` start.
extern const Command kSuperviseCommand;

}  // namespace bulkhead::cli
