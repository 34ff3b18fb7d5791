#include "archive/tree_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <vector>

#include "archive/directory.h"
#include "archive/file_entry.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace bulkhead::archive {

namespace {

// One descriptor is open for each level.
constexpr std::size_t kMaxDepth = 900;
constexpr const char* kOpaqueMark = "/.wh..wh..opq";

class Walk {
  public:
    Walk(TarWriter& tar, const TreeOptions& options)
        : tar_(tar), options_(options), buffer_(kPipeBytes) {}

    Result<void> add(int directory, const std::string& leaf, std::string path, std::size_t depth) {
        if (depth > kMaxDepth) return Error("the directories are nested too deeply");

        struct stat status {};

        if (::fstatat(directory, leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT && depth != 0) return {};  // gone meanwhile
            return errno_error("stat");
        }
        UniqueFd file;
        if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
            // Whatever took its place meanwhile must neither block nor be followed.
            const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
            file.reset(::openat(directory, leaf.c_str(), flags));
            if (!file.valid()) {
                if ((errno == ENOENT || errno == ELOOP) && depth != 0) return {};
                return errno_error("open");
            }
            if (::fstat(file.get(), &status) != 0) return errno_error("stat");
            if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return {};
        }
        auto entry = entry_of(status);
        if (!entry) return {};
        entry->path = std::move(path);
        if (entry->kind == Kind::Symlink) entry->target = TRY(read_link(directory, leaf));
        if (file.valid()) entry->xattrs = TRY(read_xattrs(file.get()));
        return add_entry(*std::move(entry), status, file.get(), depth);
    }

  private:
    Result<void> add_entry(Entry entry, const struct stat& status, int file, std::size_t depth) {
        Visit visit = Visit::Keep;
        if (depth != 0 && options_.visit) visit = options_.visit(entry, file);
        if (visit == Visit::Skip) return {};
        if (entry.kind != Kind::Directory) return add_leaf(entry, status, file);
        if (!entry.path.empty()) TRY(tar_.add(entry));
        if (visit == Visit::KeepOpaque) {
            Entry mark;
            mark.path = entry.path + kOpaqueMark;
            TRY(tar_.add(mark));
        }
        return add_content(entry.path, file, depth);
    }

    Result<void> add_leaf(Entry& entry, const struct stat& status, int file) {
        if (status.st_nlink > 1) {
            const auto [first, is_new] =
                linked_.try_emplace({status.st_dev, status.st_ino}, entry.path);
            if (!is_new) return add_link(entry, first->second);
        }
        return entry.kind == Kind::File && file >= 0 ? add_file(entry, status, file)
                                                     : tar_.add(entry);
    }

    // A file that is there under another name already is a link to that.
    Result<void> add_link(const Entry& entry, const std::string& first) {
        Entry link = entry;
        link.kind = Kind::HardLink;
        link.target = first;
        link.size = 0;
        link.xattrs.clear();
        return tar_.add(link);
    }

    Result<void> add_file(Entry& entry, const struct stat& status, int file) {
        entry.runs = TRY(find_runs(file, status));
        TRY(tar_.add(entry));
        const std::vector<Run> whole = {{0, entry.size}};
        for (const Run& run : entry.runs ? *entry.runs : whole) TRY(copy(file, run));
        return tar_.fill();
    }

    Result<void> copy(int file, Run run) {
        while (run.length != 0) {
            const auto most = std::min<std::size_t>(run.length, buffer_.size());
            const auto part = std::span(buffer_).first(most);
            const std::size_t got = TRY(pread_full(file, part, run.offset));
            // Shorter than it was: zeroes, as for a hole.
            std::fill(part.begin() + static_cast<std::ptrdiff_t>(got), part.end(), std::byte{});
            TRY(tar_.write(part));
            run.offset += most;
            run.length -= most;
        }
        return {};
    }

    Result<void> add_content(const std::string& path, int directory, std::size_t depth) {
        const std::string prefix = path.empty() ? "" : path + "/";
        for (const std::string& name : TRY(names_in(directory))) {
            auto done = add(directory, name, prefix + name, depth + 1);
            if (!done && depth == 0) return std::move(done).error().context(name);
            TRY(std::move(done));
        }
        return {};
    }

    TarWriter& tar_;
    const TreeOptions& options_;
    std::vector<std::byte> buffer_;
    std::map<std::pair<dev_t, ino_t>, std::string> linked_;
};

}  // namespace

Result<void> write_tree(TarWriter& tar, int directory, const std::string& leaf,
                        const TreeOptions& options) {
    return Walk(tar, options).add(directory, leaf, options.name, 0);
}

}  // namespace bulkhead::archive
