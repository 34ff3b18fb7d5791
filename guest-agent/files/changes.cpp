#include "guest-agent/files/changes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "archive/byte_pipe.h"
#include "archive/directory.h"
#include "archive/tree_writer.h"
#include "base/syscalls.h"
#include "base/unique_fd.h"

namespace bulkhead::agent {
namespace {

constexpr const char* kLower = "/lower";
constexpr const char* kUpper = "/upper/changes";
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::size_t kMaxDepth = 900;  // as in archive/, two descriptors for each level
constexpr std::size_t kMaxChanges = 4'000'000;

bool is_whiteout(const struct stat& status) {
    return S_ISCHR(status.st_mode) && status.st_rdev == 0;
}

bool is_opaque(int directory) {
    std::array<char, 2> value{};
    return ::fgetxattr(directory, "trusted.overlay.opaque", value.data(), value.size()) == 1 &&
           value[0] == 'y';
}

std::optional<struct stat> status_in(int directory, const std::string& name) {
    struct stat status {};

    if (directory < 0 || ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return std::nullopt;
    return status;
}

UniqueFd directory_in(int parent, const std::string& name) {
    if (parent < 0) return UniqueFd();
    return UniqueFd(
        ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool same_attributes(const struct stat& a, const struct stat& b) {
    return a.st_mode == b.st_mode && a.st_uid == b.st_uid && a.st_gid == b.st_gid;
}

bool same_time(const struct stat& a, const struct stat& b) {
    return a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// Whether there is anything in it, for a file of the agent's: made as a mount point, and empty.
bool is_empty(int parent, const std::string& name, const struct stat& status) {
    if (S_ISREG(status.st_mode)) return status.st_size == 0;
    if (!S_ISDIR(status.st_mode)) return false;
    const UniqueFd directory = directory_in(parent, name);
    const auto names = archive::names_in(directory.get());
    return names && names->empty();
}

class ChangeList {
  public:
    explicit ChangeList(const MountPoints& hidden) : hidden_(hidden) {}

    // Whether anything of the agent's own was passed over: the directory's time means nothing then.
    Result<bool> visit(int upper, int lower, const std::string& path, std::size_t depth) {
        if (depth > kMaxDepth) return Error("the directories are nested too deeply");
        bool passed_over = false;
        const std::string prefix = path.empty() ? "" : path + "/";
        for (const std::string& name : TRY(archive::names_in(upper))) {
            if (lines_.size() > kMaxChanges) return Error("too many changes");
            const auto status = status_in(upper, name);
            if (!status) continue;
            const auto before = status_in(lower, name);
            const std::string whole = prefix + name;
            if (is_whiteout(*status)) {
                if (before) add('D', whole);
            } else if (S_ISDIR(status->st_mode)) {
                passed_over |=
                    TRY(visit_directory({upper, lower, name, whole}, *status, before, depth));
            } else if (!before && hidden_.contains(whole) && is_empty(upper, name, *status)) {
                passed_over = true;
            } else {
                add(before ? 'C' : 'A', whole);
            }
        }
        return passed_over;
    }

    Result<void> write(int stream) const {
        archive::ByteSink sink(stream);
        for (const std::string& line : lines_) {
            // The NUL goes with it.
            TRY(sink.write(std::as_bytes(std::span(line.c_str(), line.size() + 1))));
        }
        return sink.flush();
    }

  private:
    struct Place {
        int upper;
        int lower;
        const std::string& name;
        const std::string& path;
    };

    // Gives whether it was passed over as a whole.
    Result<bool> visit_directory(const Place& place, const struct stat& status,
                                 const std::optional<struct stat>& before, std::size_t depth) {
        const bool ours = !before && hidden_.contains(place.path);
        const std::size_t at = lines_.size();
        add(before ? 'C' : 'A', place.path);
        const UniqueFd upper = directory_in(place.upper, place.name);
        if (!upper.valid()) return false;  // gone meanwhile
        UniqueFd lower;
        if (before && S_ISDIR(before->st_mode)) lower = directory_in(place.lower, place.name);
        const bool opaque = lower.valid() && is_opaque(upper.get());
        if (opaque) TRY(add_deleted(upper.get(), lower.get(), place.path));
        const bool passed_over =
            TRY(visit(upper.get(), opaque ? -1 : lower.get(), place.path, depth + 1));
        if (lines_.size() != at + 1) return false;
        // Nothing in it changed. Did it itself?
        const bool changed = before ? !same_attributes(status, *before) ||
                                          (!passed_over && !same_time(status, *before))
                                    : !ours;
        if (!changed) lines_.pop_back();
        return !changed && ours;
    }

    // What the image has in a directory that hides it.
    Result<void> add_deleted(int upper, int lower, const std::string& path) {
        const std::string prefix = path + "/";
        for (const std::string& name : TRY(archive::names_in(lower))) {
            if (!status_in(upper, name)) add('D', prefix + name);
        }
        return {};
    }

    void add(char kind, const std::string& path) { lines_.push_back(kind + ("/" + path)); }

    const MountPoints& hidden_;
    std::vector<std::string> lines_;
};

Result<UniqueFd> open_directory(const char* path) {
    return open_file(path, O_RDONLY | O_DIRECTORY);
}

// The name that a member has among its neighbours, and what is before it.
std::pair<std::string, std::string> split(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return {"", path};
    return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

}  // namespace

Result<void> list_changes(int stream, const MountPoints& hidden) {
    const UniqueFd upper = TRY(open_directory(kUpper));
    const UniqueFd lower = TRY(open_directory(kLower));
    ChangeList list(hidden);
    TRY(list.visit(upper.get(), lower.get(), "", 0));
    return list.write(stream);
}

Result<void> archive_changes(int stream, const MountPoints& hidden) {
    const UniqueFd upper = TRY(open_directory(kUpper));
    const UniqueFd lower = TRY(open_directory(kLower));
    archive::TarWriter tar(stream);
    archive::TreeOptions options;
    options.visit = [&](archive::Entry& entry, int fd) {
        const auto [folder, name] = split(entry.path);
        // In a layer these names are marks.
        if (std::string_view(name).starts_with(kWhiteout)) return archive::Visit::Skip;
        const bool device = entry.kind == archive::Kind::CharDevice;
        if (device && entry.device_major == 0 && entry.device_minor == 0) {
            const std::string marked = folder + std::string(kWhiteout) + name;
            entry = archive::Entry();
            entry.path = marked;
            return archive::Visit::Keep;
        }
        struct stat status {};

        if (hidden.contains(entry.path) && fd >= 0 && ::fstat(fd, &status) == 0 &&
            !status_in(lower.get(), entry.path)) {
            const auto names = S_ISDIR(status.st_mode)
                                   ? archive::names_in(fd)
                                   : Result<std::vector<std::string>>(std::vector<std::string>());
            if (names && names->empty() && entry.size == 0) return archive::Visit::Skip;
        }
        if (entry.kind == archive::Kind::Directory && is_opaque(fd))
            return archive::Visit::KeepOpaque;
        return archive::Visit::Keep;
    };
    TRY(archive::write_tree(tar, upper.get(), ".", options));
    return tar.finish();
}

}  // namespace bulkhead::agent
