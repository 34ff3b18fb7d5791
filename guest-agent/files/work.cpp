#include "guest-agent/files/work.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "archive/extract.h"
#include "archive/file_entry.h"
#include "archive/tree_writer.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "guest-agent/files/changes.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

using archive::TarWriter;

// A relative path begins at the root. What it ends in ("/", "/.") stays: it decides whether a link
// is followed.
std::string absolute(const std::string& path) {
    return path.starts_with('/') ? path : "/" + path;
}

Result<UniqueFd> open_root() {
    return open_file("/", O_PATH | O_DIRECTORY);
}

Result<void> stat_file(const v1::StatFile& wanted, v1::FilesReply& reply) {
    const std::string path = absolute(wanted.path());

    struct stat status {};

    if (::lstat(path.c_str(), &status) != 0) return errno_error("stat " + path);
    v1::FileStatus& found = *reply.mutable_status();
    found.set_mode(status.st_mode);
    found.set_size(static_cast<std::uint64_t>(status.st_size));
    if (S_ISLNK(status.st_mode)) found.set_target(TRY(archive::read_link(AT_FDCWD, path)));
    return {};
}

// A link's own target; relative to where the link is.
Result<std::string> follow(std::string path) {
    constexpr int kMostLinks = 40;  // as the kernel's
    for (int i = 0; i < kMostLinks; ++i) {
        struct stat status {};

        if (::lstat(path.c_str(), &status) != 0) return errno_error("stat " + path);
        if (!S_ISLNK(status.st_mode)) return path;
        const std::string target = TRY(archive::read_link(AT_FDCWD, path));
        if (target.starts_with('/')) {
            path = target;
        } else {
            path.resize(path.rfind('/') + 1);
            path += target;
        }
    }
    return errno_error(ELOOP, path);
}

Result<void> archive_files(const v1::ArchiveFiles& wanted, int stream, v1::FilesReply& reply) {
    std::string path = absolute(wanted.path());
    if (wanted.follow()) path = TRY(follow(std::move(path)));
    TarWriter tar(stream);
    TRY(archive::write_tree(tar, AT_FDCWD, path, {.name = wanted.name(), .visit = {}}));
    TRY(tar.finish());
    reply.set_bytes(tar.count());
    return {};
}

Result<void> extract_files(const v1::ExtractFiles& wanted, int stream, v1::FilesReply& reply) {
    const std::string path = absolute(wanted.path());
    const UniqueFd directory = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
    archive::TarReader tar(stream, archive::EndMark::Optional);
    const archive::ExtractRules rules{
        .files = {.owner = wanted.keep_owner() ? archive::Owner::Archive : archive::Owner::Self,
                  .privileged = true},
        .links = archive::Links::InRoot};
    reply.set_bytes(TRY(archive::extract(tar, directory.get(), rules)));
    return tar.drain();
}

Result<void> export_root(int stream, v1::FilesReply& reply) {
    const UniqueFd root = TRY(open_root());
    TarWriter tar(stream);
    TRY(archive::write_tree(tar, root.get(), ".", {.name = "", .visit = {}}));
    TRY(tar.finish());
    reply.set_bytes(tar.count());
    return {};
}

Result<void> work(const v1::FilesRequest& request, int stream, const MountPoints& hidden,
                  v1::FilesReply& reply) {
    switch (request.work_case()) {
        case v1::FilesRequest::kStat:
            return stat_file(request.stat(), reply);
        case v1::FilesRequest::kArchive:
            return archive_files(request.archive(), stream, reply);
        case v1::FilesRequest::kExtract:
            return extract_files(request.extract(), stream, reply);
        case v1::FilesRequest::kExportRoot:
            return export_root(stream, reply);
        case v1::FilesRequest::kChanges:
            return list_changes(stream, hidden);
        case v1::FilesRequest::kLayer:
            return archive_changes(stream, hidden);
        case v1::FilesRequest::kIdentity:  // done before, with more privileges
        case v1::FilesRequest::WORK_NOT_SET:
            break;
    }
    return Error("unknown work on files");
}

v1::FilesFailure failure_of(const Error& error) {
    if (error.is(std::errc::no_such_file_or_directory)) return v1::FILES_FAILURE_NOT_FOUND;
    if (error.is(std::errc::not_a_directory)) return v1::FILES_FAILURE_NOT_DIRECTORY;
    return v1::FILES_FAILURE_OTHER;
}

// A path of the spec as one that a walk of the root comes to.
void add_mount_point(const std::string& path, MountPoints& points) {
    auto inner = archive::inner_path(path);
    if (!inner) return;
    // Its parents may have been made as well.
    for (std::size_t end = inner->find('/'); end != std::string::npos;
         end = inner->find('/', end + 1))
        points.insert(inner->substr(0, end));
    points.insert(*std::move(inner));
}

}  // namespace

FileView view_of(const v1::FilesRequest& request) {
    switch (request.work_case()) {
        case v1::FilesRequest::kExportRoot:
            return FileView::Root;
        case v1::FilesRequest::kChanges:
        case v1::FilesRequest::kLayer:
            return FileView::Layers;
        default:
            return FileView::Container;
    }
}

MountPoints mount_points(const v1::StartRequest& start) {
    MountPoints points;
    for (const auto& mount : start.spec().mounts()) add_mount_point(mount.destination(), points);
    for (const auto& file : start.files()) add_mount_point(file.path(), points);
    return points;
}

Result<v1::FilesReply> perform(const v1::FilesRequest& request, int stream,
                               const MountPoints& hidden) {
    v1::FilesReply reply;
    if (auto done = work(request, stream, hidden, reply); !done) {
        constexpr std::size_t kMaxMessage = 2048;
        reply.Clear();
        reply.set_failure(failure_of(done.error()));
        std::string message = done.error().message().substr(0, kMaxMessage);
        // protobuf's strings are UTF-8; names need not be.
        for (char& each : message) {
            if (each < ' ' || each > '~') each = '?';
        }
        reply.set_message(std::move(message));
    }
    return reply;
}

}  // namespace bulkhead::agent
