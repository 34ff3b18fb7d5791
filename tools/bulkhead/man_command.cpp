// bulkhead man: the manual page, for whoever packages bulkhead. Not in the help text.
#include <iostream>

#include "tools/bulkhead/man_page.h"

namespace bulkhead::cli {

namespace {

int print_page(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kManCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    std::cout << man_page(context.commands);
    return kExitOk;
}

}  // namespace

const Command kManCommand = {
    "man", "man", "Print the manual page", "bulkhead man > bulkhead.1", kExitFailure, print_page};

}  // namespace bulkhead::cli
