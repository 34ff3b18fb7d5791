// bulkhead cp: files between a container and the host.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "archive/extract.h"
#include "archive/file_entry.h"
#include "archive/tree_writer.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "host/image/decompress.h"
#include "proto/agent.pb.h"
#include "tools/bulkhead/command.h"
#include "tools/bulkhead/copy_paths.h"
#include "tools/bulkhead/file_client.h"
#include "tools/bulkhead/listing.h"

namespace bulkhead::cli {

namespace {

using agent::v1::FilesReply;
using agent::v1::FilesRequest;

struct CopyFlags {
    bool archive = false;
    bool follow = false;
    bool quiet = false;
};

void say_done(const CopyFlags& flags, std::uint64_t bytes, const std::string& where) {
    if (!flags.quiet)
        std::cerr << "Successfully copied " << size_text(bytes) << " to " << where << "\n";
}

// Ours, made absolute; its end stays.
std::string local_path(const std::string& path) {
    if (path.starts_with('/')) return path;
    return std::filesystem::current_path().string() + "/" + path;
}

Result<FilesReply> stat_in(FileClient& client, const std::string& path) {
    FilesRequest request;
    request.mutable_stat()->set_path(path);
    return client.ask(request);
}

bool is_link(const FilesReply& reply) {
    return S_ISLNK(reply.status().mode());
}

// A path of ours, links followed; one that is not there must have its directory there.
Result<CopySide> local_destination(std::string path) {
    constexpr int kMostLinks = 10;  // docker's
    for (int i = 0; i < kMostLinks; ++i) {
        struct stat status {};

        if (::lstat(path.c_str(), &status) != 0) {
            if (errno != ENOENT && errno != ENOTDIR) return errno_error("lstat " + path);
            const SplitPath place = split_path(clean_path(path));
            if (::stat(place.directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
                return Error(concat("invalid output path: directory \"", place.directory,
                                    "\" does not exist"));
            return CopySide{path, false, false};
        }
        if (S_ISLNK(status.st_mode)) {
            path = resolve_link(path, TRY(archive::read_link(AT_FDCWD, clean_path(path))));
            continue;
        }
        if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
            return Error(concat("invalid output path: \"", path,
                                "\" must be a directory or a regular file"));
        return CopySide{path, true, S_ISDIR(status.st_mode)};
    }
    return Error(concat("too many symlinks in ", path));
}

// Takes what the guest sends, whatever that is, into one directory and under one name.
Result<std::uint64_t> receive(const UniqueFd& stream, const CopyPlan& plan,
                              const CopyFlags& flags) {
    const UniqueFd directory = TRY(open_file(plan.directory, O_RDONLY | O_DIRECTORY));
    archive::TarReader tar(stream.get(), archive::EndMark::Required);
    const archive::ExtractRules rules{
        .files = {.owner = flags.archive ? archive::Owner::Archive : archive::Owner::Self,
                  .privileged = false},
        .links = archive::Links::None,
        .below = plan.name == "." ? std::string() : plan.name};
    const std::uint64_t bytes = TRY(archive::extract(tar, directory.get(), rules));
    TRY(tar.drain());
    return bytes;
}

Result<void> copy_bytes(int from, int to) {
    std::array<std::byte, 64 * 1024> buffer{};
    for (;;) {
        const ssize_t got = ::read(from, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno_error("read");
        if (got == 0) return {};
        TRY(write_full(to, std::span(buffer).first(static_cast<std::size_t>(got))));
    }
}

Result<int> copy_out(const Context& context, const CopyArgument& source, const std::string& target,
                     const CopyFlags& flags) {
    auto client = TRY(FileClient::open(context, source.container));
    const FilesReply found = TRY(stat_in(client, source.path));
    if (found.failure() != agent::v1::FILES_FAILURE_NONE)
        return path_error(found, source.path, source.container);
    FilesRequest request;
    auto& wanted = *request.mutable_archive();
    wanted.set_path(source.path);
    wanted.set_follow(flags.follow && is_link(found));
    const std::string name = split_path(source.path).name;
    CopySide from{source.path, true, S_ISDIR(found.status().mode())};
    if (wanted.follow()) {
        const FilesReply behind = TRY(stat_in(client, source.path + "/."));
        from.directory = behind.failure() == agent::v1::FILES_FAILURE_NONE;
    }
    CopyPlan plan{"", name};
    if (target != "-") {
        const CopySide to = TRY(local_destination(local_path(target)));
        plan = TRY(plan_copy(from, name, to));
    }
    wanted.set_name(plan.name);
    auto started = TRY(client.begin(request));
    std::uint64_t bytes = 0;
    auto done = [&]() -> Result<void> {
        if (target == "-") return copy_bytes(started.stream.get(), STDOUT_FILENO);
        bytes = TRY(receive(started.stream, plan, flags));
        return {};
    }();
    // The guest's own word says more than a stream that breaks off; but a local failure is the
    // reason for what the guest says then.
    started.stream.reset();  // or it might wait for us to read on
    const auto result = client.finish(started.work);
    if (!done && (result || !done.error().message().starts_with("the stream ended")))
        return done.error();
    if (!result) return path_error_of(result.error(), source.path, source.container);
    if (target != "-") say_done(flags, bytes, target);
    return kExitOk;
}

// A file of ours that is to be copied. With -L a link is what it leads to, under the link's name.
struct LocalSource {
    CopySide side;
    std::string leaf;  // to be opened
    std::string name;
};

Result<LocalSource> local_source(const std::string& path, const CopyFlags& flags) {
    LocalSource source{{path, true, false}, path, split_path(path).name};

    struct stat status {};

    if (::lstat(path.c_str(), &status) != 0) return errno_error("lstat " + path);
    if (flags.follow && S_ISLNK(status.st_mode)) {
        std::error_code failed;
        source.leaf = std::filesystem::canonical(path, failed).string();
        if (failed || ::lstat(source.leaf.c_str(), &status) != 0)
            return errno_error("stat " + path);
    }
    source.side.directory = S_ISDIR(status.st_mode);
    if (asserts_directory(path) && !source.side.directory)
        return Error(concat(path, ": not a directory"));
    // A name for what has none of its own: "..", or the current directory.
    if (source.name == ".." || (source.name == "." && !names_content(path))) source.name = ".";
    return source;
}

// Standard input, which may be compressed.
class PipeSource final : public image::ByteSource {
  public:
    Result<std::size_t> read(std::span<std::byte> buffer) override {
        for (;;) {
            const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno != EINTR) return errno_error("reading standard input");
        }
    }
};

Result<std::uint64_t> send_input(int stream) {
    PipeSource input;
    const auto plain = TRY(image::open_decompressed(input));
    std::vector<std::byte> buffer(archive::kPipeBytes);
    std::uint64_t count = 0;
    for (;;) {
        const std::size_t got = TRY(plain->read(buffer));
        if (got == 0) return count;
        TRY(write_full(stream, std::span(buffer).first(got)));
        count += got;
    }
}

Result<std::uint64_t> send_tree(int stream, const LocalSource& source, const std::string& name) {
    archive::TarWriter tar(stream);
    TRY(archive::write_tree(tar, AT_FDCWD, source.leaf, {.name = name, .visit = {}}));
    TRY(tar.finish());
    return tar.count();
}

// The container's side: a link is followed once, as docker does it.
Result<CopySide> container_destination(FileClient& client, const CopyArgument& target) {
    CopySide side{target.path, false, false};
    FilesReply found = TRY(stat_in(client, side.path));
    if (is_link(found)) {
        side.path = resolve_link(side.path, found.status().target());
        found = TRY(stat_in(client, side.path));
        for (int i = 0; i < 40 && is_link(found); ++i) {
            side.path = resolve_link(side.path, found.status().target());
            found = TRY(stat_in(client, side.path));
        }
    }
    if (found.failure() == agent::v1::FILES_FAILURE_OTHER) return Error(found.message());
    if (found.failure() != agent::v1::FILES_FAILURE_NONE) return side;
    side.exists = true;
    side.directory = S_ISDIR(found.status().mode());
    if (!side.directory && !S_ISREG(found.status().mode()))
        return Error(concat("destination \"", target.container, ":", target.path,
                            "\" must be a directory or a regular file"));
    return side;
}

Result<int> copy_in(const Context& context, const std::string& from, const CopyArgument& target,
                    const CopyFlags& flags) {
    const bool input = from == "-";
    LocalSource source;
    if (!input) source = TRY(local_source(local_path(from), flags));
    auto client = TRY(FileClient::open(context, target.container));
    const CopySide to = TRY(container_destination(client, target));
    if (input && !to.directory)
        return Error(
            concat("destination \"", target.container, ":", target.path, "\" must be a directory"));
    const CopyPlan plan =
        input ? CopyPlan{to.path, "."} : TRY(plan_copy(source.side, source.name, to));
    FilesRequest request;
    request.mutable_extract()->set_path(plan.directory);
    request.mutable_extract()->set_keep_owner(flags.archive || input);
    auto started = TRY(client.begin(request));
    const int stream = started.stream.get();
    const auto sent = input ? send_input(stream) : send_tree(stream, source, plan.name);
    // A copy that broke off must not look like a whole one.
    if (sent) ::shutdown(stream, SHUT_WR);
    if (!sent) started.stream.reset();
    const auto result = client.finish(started.work);
    if (!sent && !sent.error().is(std::errc::broken_pipe) &&
        !sent.error().is(std::errc::connection_reset))
        return sent.error();
    if (!result) return path_error_of(result.error(), plan.directory, target.container);
    if (!sent) return sent.error();
    say_done(flags, result->bytes(), concat(target.container, ":", target.path));
    return kExitOk;
}

Result<int> copy(const Context& context, const Words& arguments, const CopyFlags& flags) {
    const CopyArgument source = parse_copy_argument(arguments[0]);
    const CopyArgument target = parse_copy_argument(arguments[1]);
    if (!source.container.empty() && !target.container.empty())
        return Error("copying between containers is not supported");
    if (source.path.empty()) return Error("source can not be empty");
    if (target.path.empty()) return Error("destination can not be empty");
    if (!source.container.empty()) return copy_out(context, source, target.path, flags);
    if (!target.container.empty()) return copy_in(context, source.path, target, flags);
    return Error("must specify at least one container source");
}

int cp(const Context& context, const Words& words) {
    CopyFlags flags;
    const Parsed parsed = parse_command(
        kCpCommand, words,
        {{"archive", 'a', "", "keep owners", store(flags.archive)},
         {"follow-link", 'L', "", "copy what a link SRC leads to", store(flags.follow)},
         {"quiet", 'q', "", "do not say what was copied", store(flags.quiet)}});
    if (!parsed.go_on) return parsed.exit_code;
    if (parsed.arguments.size() != 2)
        return usage_error(kCpCommand, "'bulkhead cp' requires exactly 2 arguments");
    const auto code = copy(context, parsed.arguments, flags);
    return code ? *code : fail(kExitFailure, code.error().message());
}

}  // namespace

const Command kCpCommand = {
    "cp",
    "cp [FLAGS] CONTAINER:SRC DEST|-\n       bulkhead cp [FLAGS] SRC|- CONTAINER:DEST",
    "Copy files between a container and the host",
    "bulkhead cp web:/var/log ./logs",
    kExitFailure,
    cp};

}  // namespace bulkhead::cli
