#include "host/image/directory_reader.h"

#include <dirent.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include "base/text.h"
#include "host/image/erofs_xattr.h"
#include "host/image/limits.h"

namespace bulkhead::image {

Result<std::vector<std::string>> names_in(int directory) {
    const int copy = ::openat(directory, ".", kDirectoryFlags);
    if (copy < 0) return errno_error("opening it");
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy), &::closedir);
    if (stream == nullptr) {
        ::close(copy);
        return errno_error("listing it");
    }
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* item = ::readdir(stream.get())) {
        const std::string_view name = item->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
        if (names.size() > kMaxLayerEntries) return Error("too many files");
    }
    if (errno != 0) return errno_error("listing it");
    std::sort(names.begin(), names.end());
    return names;
}

// Of the file itself, never of what a link points at: the directory is named by descriptor.
Result<std::vector<Xattr>> xattrs_of(int directory, const std::string& name) {
    const std::string path = concat("/proc/self/fd/", directory, "/", name);
    std::vector<char> list(kMaxXattrBytes);
    const ssize_t length = ::llistxattr(path.c_str(), list.data(), list.size());
    if (length < 0 && (errno == ENOTSUP || errno == EPERM)) return std::vector<Xattr>();
    if (length < 0) return errno_error("listing its attributes");
    std::vector<Xattr> found;
    std::size_t total = 0;
    std::string_view rest(list.data(), static_cast<std::size_t>(length));
    while (!rest.empty()) {
        const std::string attribute(rest.substr(0, rest.find('\0')));
        rest.remove_prefix(std::min(attribute.size() + 1, rest.size()));
        if (!erofs_keeps_xattr(attribute)) continue;
        std::string value(kMaxXattrValueBytes, '\0');
        const ssize_t got =
            ::lgetxattr(path.c_str(), attribute.c_str(), value.data(), value.size());
        if (got < 0) return errno_error("reading its attribute " + attribute);
        value.resize(static_cast<std::size_t>(got));
        total += attribute.size() + value.size();
        if (total > kMaxXattrBytes || found.size() == kMaxXattrs)
            return Error("too many extended attributes");
        found.push_back({attribute, std::move(value)});
    }
    return found;
}

Result<std::string> link_target(int directory, const std::string& name) {
    std::string target(kMaxPathBytes + 1, '\0');
    const ssize_t length = ::readlinkat(directory, name.c_str(), target.data(), target.size());
    if (length < 0) return errno_error("reading the link");
    if (length == 0 || static_cast<std::size_t>(length) > kMaxPathBytes)
        return Error("a symbolic link to nothing, or with a target that is too long");
    target.resize(static_cast<std::size_t>(length));
    return target;
}

}  // namespace bulkhead::image
