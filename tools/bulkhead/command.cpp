#include "tools/bulkhead/command.h"

#include <iostream>

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
    flags.push_back({"help", 'h', "", "show this text", store(help)});
    auto arguments = parse_flags(words, flags, placement);
    if (!arguments) return {false, usage_error(command, arguments.error().message()), {}};
    if (!help) return {true, kExitOk, *std::move(arguments)};
    std::cout << "Usage: bulkhead " << command.usage << "\n\n"
              << command.summary << "\n\n"
              << flags_help(flags) << "\nExample: " << command.example << "\n";
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

}  // namespace bulkhead::cli
