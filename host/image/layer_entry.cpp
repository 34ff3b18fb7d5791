#include "host/image/layer_entry.h"

#include "base/text.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

// What Linux accepts for a device number (kdev_t.h: 12 and 20 bits), and what EROFS can hold.
constexpr std::uint32_t kMaxMajor = 0xfff;
constexpr std::uint32_t kMaxMinor = 0xfffff;

}  // namespace

Result<void> check_entry(const LayerEntry& entry) {
    if (entry.path.empty() && entry.kind != EntryKind::Directory &&
        entry.kind != EntryKind::OpaqueDirectory) {
        return Error("the image's root is not a directory");
    }
    if (entry.kind == EntryKind::Symlink &&
        (entry.target.empty() || entry.target.size() > kMaxPathBytes ||
         entry.target.find('\0') != std::string::npos)) {
        return Error("a symbolic link to nothing, or with a target that is too long");
    }
    if (entry.device_major > kMaxMajor || entry.device_minor > kMaxMinor) {
        return Error(concat("device number ", entry.device_major, ":", entry.device_minor,
                            " does not exist in Linux"));
    }
    return {};
}

}  // namespace bulkhead::image
