// bulkhead commit: a container's files as a new image.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "base/syscalls.h"
#include "base/text.h"
#include "host/engine/container_config.h"
#include "host/engine/images.h"
#include "host/image/image_commit.h"
#include "host/runtime/signals.h"
#include "proto/agent.pb.h"
#include "proto/container.pb.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/file_client.h"

namespace bulkhead::cli {

namespace {

struct CommitFlags {
    std::string author;
    std::string message;
    Words changes;
    bool pause = true;
};

// What the container was run with, as an image says it. What every container gets is not said.
image::ImageConfig process_config(const container::v1::Config& config, const image::Image& base) {
    const oci::v1::Process& process = config.spec().process();
    image::ImageConfig result;
    for (const std::string& variable : process.env()) {
        if (!variable.starts_with("HOSTNAME=") && variable != "TERM=xterm")
            result.env.push_back(variable);
    }
    const auto& asked = config.asked();
    result.entrypoint.assign(asked.entrypoint().begin(), asked.entrypoint().end());
    result.cmd.assign(asked.command().begin(), asked.command().end());
    const bool usual = process.cwd() == "/" && base.config.working_dir.empty();
    if (!usual) result.working_dir = process.cwd();
    result.user = asked.user();
    result.labels = base.config.labels;
    for (const auto& [name, value] : config.labels()) result.labels[name] = value;
    result.stop_signal = base.config.stop_signal;
    return result;
}

// In a file without a name: nothing is left of it whatever happens.
Result<UniqueFd> fetch_layer(FileClient& client, const std::string& folder, bool pause) {
    // Not O_TMPFILE, which overlayfs has not everywhere.
    std::string path = folder + "/commit.XXXXXX";
    UniqueFd file(::mkostemp(path.data(), O_CLOEXEC));
    if (!file.valid()) return errno_error("make a file in " + folder);
    ::unlink(path.c_str());
    agent::v1::FilesRequest request;
    request.mutable_layer();
    request.set_freeze(pause);
    TRY(client.fetch(request, file.get()));
    return file;
}

Result<int> commit_container(const Context& context, const std::string& reference,
                             const std::string& name, const CommitFlags& flags) {
    auto client = TRY(FileClient::open(context, reference));
    const auto config = TRY(engine::load_config(client.store().directory_of(client.record())));
    const std::string folder = engine::image_store_path(context.paths);
    const auto images = TRY(engine::Images::open(context.paths));
    const image::Image base =
        TRY_CONTEXT(images.store().find(config.image_id()), "the container's image");
    const UniqueFd layer = TRY(fetch_layer(client, folder, flags.pause));
    const auto made = TRY(images.commit(client.record(), config,
                                        {.base = base.id,
                                         .layer = layer.get(),
                                         .name = name,
                                         .author = flags.author,
                                         .message = flags.message,
                                         .config = process_config(config, base),
                                         .changes = flags.changes}));
    std::cout << made.id.text() << "\n";
    return kExitOk;
}

int commit(const Context& context, const Words& words) {
    CommitFlags flags;
    const Parsed parsed = parse_command(
        kCommitCommand, words,
        {{"author", 'a', "TEXT", "as \"Ada Lovelace <ada@example.org>\"", store(flags.author)},
         {"message", 'm', "TEXT", "what was done", store(flags.message)},
         {"change", 'c', "INSTRUCTION", "a Dockerfile instruction, as 'CMD [\"sh\"]'",
          append(flags.changes)},
         {"pause", 'p', "", "stop the container's processes meanwhile (default true)",
          store(flags.pause)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.empty() || parsed.arguments.size() > 2)
        return usage_error(kCommitCommand, "'bulkhead commit' requires 1 or 2 arguments");
    const std::string name = parsed.arguments.size() == 2 ? parsed.arguments[1] : "";
    const auto code = commit_container(context, parsed.arguments[0], name, flags);
    return code ? *code : fail(kExitFailure, code.error().message());
}

}  // namespace

const Command kCommitCommand = {"commit",
                                "commit [FLAGS] CONTAINER [NAME[:TAG]]",
                                "Make an image of a container's files",
                                "bulkhead commit -c 'CMD [\"nginx\"]' web web:2",
                                kExitFailure,
                                commit};

}  // namespace bulkhead::cli
