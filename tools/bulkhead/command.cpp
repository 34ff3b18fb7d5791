#include "tools/bulkhead/command.h"

#include <algorithm>
#include <iostream>

#include "tools/bulkhead/groups.h"
#include "tools/bulkhead/verb_table.h"

namespace bulkhead::cli {

int fail(int code, std::string_view message) {
    std::cerr << "bulkhead: " << message << "\n";
    return code;
}

int usage_error(const Command& command, std::string_view message) {
    std::cerr << "bulkhead: " << message << "\nSee 'bulkhead " << command.name << " --help'.\n";
    return command.usage_error_code;
}

Parsed parse_command(const Command& command, const Words& words, std::vector<Flag> flags,
                     Placement placement) {
    bool help = false;
    // As in docker's `run`, where -h is the host name.
    const bool taken = std::any_of(flags.begin(), flags.end(),
                                   [](const Flag& flag) { return flag.letter == 'h'; });
    const bool grouped = std::any_of(flags.begin(), flags.end(),
                                     [](const Flag& flag) { return !flag.group.empty(); });
    flags.push_back(
        {"help", taken ? '\0' : 'h', "", "show this text", store(help), grouped ? "Help" : ""});
    if (words.size() == 1 && words.front() == kDescribeFlags) {
        std::cout << flag_lines(flags);
        return {false, kExitOk, {}};
    }
    auto arguments = parse_flags(words, flags, placement);
    if (!arguments) return {false, usage_error(command, arguments.error().message()), {}};
    if (!help) return {true, kExitOk, *std::move(arguments)};
    std::cout << "Usage: bulkhead " << command.usage << "\n\n" << command.summary << "\n\n";
    for (const std::string& alias : aliases_of(command)) std::cout << "Also: " << alias << "\n\n";
    std::cout << flags_help(flags) << "\nExample: " << command.example << "\n";
    return {false, kExitOk, {}};
}

int for_each_container(const Words& references,
                       const std::function<Result<void>(const std::string&)>& act) {
    int code = kExitOk;
    for (const std::string& reference : references) {
        if (const auto done = act(reference); done) {
            std::cout << reference << "\n";
        } else {
            code = fail(kExitFailure, done.error().message());
        }
    }
    return code;
}

int for_each_container(
    const Context& context, const Words& references,
    const std::function<Result<void>(engine::Engine&, const state::Record&)>& act) {
    auto engine = engine::Engine::open(context.paths);
    if (!engine) return fail(kExitFailure, engine.error().message());
    return for_each_container(references, [&](const std::string& reference) -> Result<void> {
        const state::Record record = TRY(engine->find(reference));
        return act(*engine, record);
    });
}

}  // namespace bulkhead::cli
