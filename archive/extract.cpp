#include "archive/extract.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/unique_fd.h"

namespace bulkhead::archive {

namespace {

struct Place {
    int directory = -1;  // of the last place, whose descriptor is kept
    std::string leaf;
};

class Extraction {
  public:
    Extraction(TarReader& tar, int directory, const ExtractRules& rules)
        : tar_(tar), root_(directory), rules_(rules) {}

    Result<std::uint64_t> run() {
        std::uint64_t bytes = 0;
        while (auto entry = TRY(tar_.next())) {
            bytes += entry->size;
            std::string name = entry->path;
            TRY_CONTEXT(take(*std::move(entry)), name);
        }
        // What is put into a directory changes its time, and its mode may forbid it.
        for (auto each = directories_.rbegin(); each != directories_.rend(); ++each)
            TRY_CONTEXT(finish(*each), each->path);
        return bytes;
    }

  private:
    Result<void> take(Entry entry) {
        entry.path = TRY(inner_path(entry.path));
        if (entry.path.empty()) return {};  // the directory itself stays as it is
        TRY(check_below(entry.path));
        const Place place = TRY(find(entry.path));
        if (TRY(make_room(place, entry))) {
            if (entry.kind == Kind::Directory) TRY(make_directory(place.directory, place.leaf));
        }
        switch (entry.kind) {
            case Kind::Directory:
                directories_.push_back(std::move(entry));
                return {};
            case Kind::File:
                return make_file(place.directory, place.leaf, entry, tar_, rules_.files);
            case Kind::HardLink:
                return make_link(place, entry);
            default:
                return make_special(place.directory, place.leaf, entry, rules_.files);
        }
    }

    [[nodiscard]] Result<void> check_below(const std::string& path) const {
        const std::string& below = rules_.below;
        if (below.empty() || path == below || path.starts_with(below + "/")) return {};
        return Error(concat("it is not what was asked for, which is \"", below, "\""));
    }

    // Whether nothing is there now. Only a directory that meets a directory stays.
    static Result<bool> make_room(const Place& place, const Entry& entry) {
        struct stat status {};

        if (::fstatat(place.directory, place.leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) return true;
            return errno_error("stat");
        }
        if (S_ISDIR(status.st_mode)) {
            if (entry.kind == Kind::Directory) return false;
            return Error("cannot overwrite directory with non-directory");
        }
        if (entry.kind == Kind::Directory)
            return Error("cannot overwrite non-directory with directory");
        if (::unlinkat(place.directory, place.leaf.c_str(), 0) != 0) return errno_error("unlink");
        return true;
    }

    Result<void> make_link(const Place& place, const Entry& entry) {
        const std::string target = TRY_CONTEXT(inner_path(entry.target), "its target");
        if (target.empty()) return Error("a link to the directory itself");
        TRY(check_below(target));
        const UniqueFd here(::fcntl(place.directory, F_DUPFD_CLOEXEC, 0));
        if (!here.valid()) return errno_error("duplicate");
        const Place other = TRY_CONTEXT(find(target), "its target");
        if (::linkat(other.directory, other.leaf.c_str(), here.get(), place.leaf.c_str(), 0) != 0)
            return errno_error(concat("linking to ", target));
        return {};
    }

    Result<void> finish(const Entry& entry) {
        const UniqueFd directory = TRY(open_directory(entry.path, O_RDONLY));
        return finish_directory(directory.get(), entry, rules_.files);
    }

    // The directory that holds `path`, made if it is missing.
    Result<Place> find(const std::string& path) {
        const auto slash = path.rfind('/');
        std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
        Place place{root_, slash == std::string::npos ? path : path.substr(slash + 1)};
        if (parent.empty()) return place;
        if (!last_.valid() || parent != last_path_) {
            auto opened = open_directory(parent, O_PATH);
            if (!opened && opened.error().is(std::errc::no_such_file_or_directory)) {
                TRY(make_parents(parent));
                opened = open_directory(parent, O_PATH);
            }
            last_ = TRY(std::move(opened));
            last_path_ = std::move(parent);
        }
        place.directory = last_.get();
        return place;
    }

    Result<void> make_parents(const std::string& path) {
        UniqueFd at;
        for (std::size_t end = 0; end != std::string::npos;) {
            end = path.find('/', end + 1);
            const std::string part = path.substr(0, end);
            const auto slash = part.rfind('/');
            const std::string leaf = slash == std::string::npos ? part : part.substr(slash + 1);
            const int parent = at.valid() ? at.get() : root_;
            if (::mkdirat(parent, leaf.c_str(), 0755) != 0 && errno != EEXIST)
                return errno_error("making the directory " + part);
            at = TRY(open_directory(part, O_PATH));
        }
        return {};
    }

    Result<UniqueFd> open_directory(const std::string& path, int flags) const {
        open_how how{};
        how.flags = static_cast<__u64>(flags | O_DIRECTORY | O_CLOEXEC);
        how.resolve = rules_.links == Links::None ? RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS
                                                  : RESOLVE_NO_MAGICLINKS;
        UniqueFd opened(
            static_cast<int>(::syscall(SYS_openat2, root_, path.c_str(), &how, sizeof(how))));
        if (opened.valid()) return opened;
        if (errno == ELOOP && rules_.links == Links::None)
            return Error(concat("there is a symbolic link in the way to ", path));
        return errno_error("open " + path);
    }

    TarReader& tar_;
    int root_;
    const ExtractRules& rules_;
    UniqueFd last_;  // neighbours in an archive mostly share their directory
    std::string last_path_;
    std::vector<Entry> directories_;
};

}  // namespace

Result<std::string> inner_path(std::string_view path) {
    std::string inner;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        path = slash == std::string_view::npos ? "" : path.substr(slash + 1);
        if (part.empty() || part == ".") continue;
        if (part == "..") return Error("its name leads out of the directory");
        if (!inner.empty()) inner += '/';
        inner += part;
    }
    return inner;
}

Result<std::uint64_t> extract(TarReader& tar, int directory, const ExtractRules& rules) {
    return Extraction(tar, directory, rules).run();
}

}  // namespace bulkhead::archive
