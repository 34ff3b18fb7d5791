#include "guest-agent/mounts/path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <string>
#include <vector>

#include "base/syscalls.h"
#include "base/text.h"

namespace bulkhead::agent {
namespace {

constexpr int kMaxLinks = 40;  // as the kernel's own limit: path_resolution(7)

// Walks one component at a time. The directories walked through stay open, so ".." needs no
// look-up.
class Walk {
  public:
    Walk(int root, IfMissing if_missing) : root_(root), if_missing_(if_missing) {}

    Result<UniqueFd> run(std::string_view path) {
        queue_front(path);
        UniqueFd last = TRY(duplicate(root_));
        while (!todo_.empty()) {
            const std::string name = std::move(todo_.front());
            todo_.pop_front();
            if (name == "..") {
                if (!parents_.empty()) parents_.pop_back();
                last = TRY(duplicate(current()));
            } else {
                last = TRY(step(name));
            }
        }
        return last;
    }

  private:
    [[nodiscard]] int current() const { return parents_.empty() ? root_ : parents_.back().get(); }

    void queue_front(std::string_view path) {
        std::vector<std::string> names;
        while (!path.empty()) {
            const auto end = path.find('/');
            const std::string_view name = path.substr(0, end);
            if (!name.empty() && name != ".") names.emplace_back(name);
            path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
        }
        todo_.insert(todo_.begin(), names.begin(), names.end());
    }

    Result<UniqueFd> open_or_make(const std::string& name) {
        constexpr int kFlags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
        UniqueFd found(::openat(current(), name.c_str(), kFlags));
        if (found.valid()) return found;
        if (errno != ENOENT || if_missing_ == IfMissing::Fail) return errno_error(name);
        const bool file = todo_.empty() && if_missing_ == IfMissing::MakeFile;
        const int failed = file ? ::mknodat(current(), name.c_str(), S_IFREG | 0644, 0)
                                : ::mkdirat(current(), name.c_str(), 0755);
        if (failed != 0) return errno_error(concat("making ", name));
        UniqueFd made(::openat(current(), name.c_str(), kFlags));
        if (!made.valid()) return errno_error(name);
        return made;
    }

    Result<UniqueFd> step(const std::string& name) {
        UniqueFd found = TRY(open_or_make(name));

        struct stat status {};

        if (::fstat(found.get(), &status) != 0) return errno_error(name);
        if (S_ISLNK(status.st_mode)) {
            TRY(follow(found.get(), name));
            return duplicate(current());
        }
        if (S_ISDIR(status.st_mode)) {
            UniqueFd directory = TRY(duplicate(found.get()));
            parents_.push_back(std::move(directory));
        } else if (!todo_.empty()) {
            return errno_error(ENOTDIR, name);
        }
        return found;
    }

    Result<void> follow(int link, const std::string& name) {
        if (++links_ > kMaxLinks) return errno_error(ELOOP, name);
        std::array<char, PATH_MAX> target{};
        const ssize_t length = ::readlinkat(link, "", target.data(), target.size());
        if (length < 0) return errno_error(name);
        if (length == 0) return errno_error(ENOENT, name);
        const std::string_view text(target.data(), static_cast<std::size_t>(length));
        if (text.front() == '/') parents_.clear();
        queue_front(text);
        return {};
    }

    int root_;
    IfMissing if_missing_;
    std::deque<std::string> todo_;
    std::vector<UniqueFd> parents_;
    int links_ = 0;
};

}  // namespace

Result<UniqueFd> open_in_root(int root, std::string_view path, IfMissing if_missing) {
    return Walk(root, if_missing).run(path).context(path);
}

Result<UniqueFd> open_parent_in_root(int root, std::string_view path) {
    const auto name = last_component(path);
    return open_in_root(root, path.substr(0, path.size() - name.size()), IfMissing::MakeDirectory);
}

std::string_view last_component(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace bulkhead::agent
