// bulkhead version.
#include <sys/utsname.h>

#include <iostream>

#include "proto/ports.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/list_format.h"
#include "tools/bulkhead/version.h"

namespace bulkhead::cli {

namespace {

// docker has a client and a server; there is no daemon here, and both are this program.
Json version_json() {
    utsname names{};
    static_cast<void>(::uname(&names));
    const Json program = {{"Version", version_text()},
                          {"AgentProtocol", protocol::kGeneration},
                          {"OldestAgentProtocol", protocol::kOldestGeneration},
                          {"Os", "linux"},
                          {"Arch", names.machine},
                          {"KernelVersion", names.release}};
    return {{"Client", program}, {"Server", program}};
}

int show_version(const Context& /*context*/, const Words& words) {
    std::string format;
    const Parsed parsed =
        parse_command(kVersionCommand, words,
                      {{"format", 'f', "FORMAT", "'json', or a Go template", store(format)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (!parsed.arguments.empty())
        return usage_error(kVersionCommand, "'bulkhead version' takes no arguments");
    if (format.empty()) {
        std::cout << "bulkhead " << version_text() << "\nagent protocol generation "
                  << protocol::kGeneration << " (oldest understood: " << protocol::kOldestGeneration
                  << ")\n";
        return kExitOk;
    }
    const auto text = formatted(format, version_json());
    if (!text) return fail(kExitFailure, text.error().message());
    std::cout << *text << "\n";
    return kExitOk;
}

}  // namespace

std::string version_text() {
    return BULKHEAD_VERSION;
}

const Command kVersionCommand = {"version",          "version [FLAGS]",
                                 "Show the version", "bulkhead version -f '{{.Client.Version}}'",
                                 kExitFailure,       show_version};

}  // namespace bulkhead::cli
