// bulkhead diff, export: a container's files as a whole.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <span>

#include "archive/byte_pipe.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/sandbox/guest_text.h"
#include "proto/agent.pb.h"
#include "tools/bulkhead/changes.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/file_client.h"

namespace bulkhead::cli {

namespace {

using agent::v1::FilesRequest;

Result<void> print_changes(ChangeReader& changes) {
    const bool terminal = ::isatty(STDOUT_FILENO) != 0;
    while (const auto change = TRY(changes.next())) {
        // A terminal must not obey what a container names its files.
        std::cout << change->kind << " "
                  << (terminal ? sandbox::printable(change->path) : change->path) << "\n";
    }
    return {};
}

Result<int> show_changes(const Context& context, const std::string& reference) {
    auto client = TRY(FileClient::open(context, reference));
    FilesRequest request;
    request.mutable_changes();
    auto started = TRY(client.begin(request));
    ChangeReader changes(started.stream.get());
    auto printed = print_changes(changes);
    started.stream.reset();  // or it might wait for us to read on
    const auto result = client.finish(started.work);
    if (!printed) return std::move(printed).error();
    if (!result) return result.error();
    return kExitOk;
}

int diff(const Context& context, const Words& words) {
    const Parsed parsed = parse_command(kDiffCommand, words, {});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() != 1)
        return usage_error(kDiffCommand, "'bulkhead diff' requires exactly 1 argument");
    const auto code = show_changes(context, parsed.arguments.front());
    return code ? *code : fail(kExitFailure, code.error().message());
}

Result<int> export_container(const Context& context, const std::string& reference,
                             const std::string& output) {
    if (output.empty() && ::isatty(STDOUT_FILENO) != 0)
        return Error("cowardly refusing to save to a terminal. Use the -o flag or redirect");
    auto client = TRY(FileClient::open(context, reference));
    FilesRequest request;
    request.mutable_export_root();
    if (output.empty()) {
        TRY(client.fetch(request, STDOUT_FILENO));
        return kExitOk;
    }
    // Readers see all of it or nothing.
    const std::string partial = concat(output, ".partial-", ::getpid());
    const UniqueFd file = TRY(open_file(partial, O_WRONLY | O_CREAT | O_EXCL, 0600));
    auto done = client.fetch(request, file.get());
    if (done && std::rename(partial.c_str(), output.c_str()) != 0)
        done = errno_error("rename to " + output);
    if (done) return kExitOk;
    ::unlink(partial.c_str());
    return std::move(done).error();
}

int export_files(const Context& context, const Words& words) {
    std::string output;
    const Parsed parsed = parse_command(
        kExportCommand, words,
        {{"output", 'o', "FILE", "write to a file, not to standard output", store(output)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() != 1)
        return usage_error(kExportCommand, "'bulkhead export' requires exactly 1 argument");
    const auto code = export_container(context, parsed.arguments.front(), output);
    return code ? *code : fail(kExitFailure, code.error().message());
}

}  // namespace

const Command kDiffCommand = {"diff",
                              "diff CONTAINER",
                              "Show what a container changed in its image's files",
                              "bulkhead diff web",
                              kExitFailure,
                              diff};

const Command kExportCommand = {"export",
                                "export [FLAGS] CONTAINER",
                                "Write a container's files as a tar archive",
                                "bulkhead export -o web.tar web",
                                kExitFailure,
                                export_files};

}  // namespace bulkhead::cli
