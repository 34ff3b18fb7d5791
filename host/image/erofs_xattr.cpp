#include "host/image/erofs_xattr.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "base/wire.h"
#include "host/image/erofs_format.h"

namespace bulkhead::image {

namespace {

struct Prefix {
    std::string_view text;
    std::uint8_t index;
    bool whole;  // the prefix is the whole name
};

constexpr std::array<Prefix, 5> kPrefixes{{
    {"user.", 1, false},
    {"system.posix_acl_access", 2, true},
    {"system.posix_acl_default", 3, true},
    {"trusted.", 4, false},
    {"security.", 6, false},
}};

struct ShortName {
    std::uint8_t index;
    std::string_view rest;
};

std::optional<ShortName> shorten(std::string_view name) {
    for (const Prefix& prefix : kPrefixes) {
        const bool matches =
            prefix.whole ? name == prefix.text
                         : name.starts_with(prefix.text) && name.size() > prefix.text.size();
        if (matches) return ShortName{prefix.index, name.substr(prefix.text.size())};
    }
    return std::nullopt;
}

constexpr std::size_t round_up_to_4(std::size_t size) {
    return (size + 3) / 4 * 4;
}

}  // namespace

bool erofs_keeps_xattr(std::string_view name) {
    if (name.starts_with("trusted.overlay.")) return false;
    return shorten(name).has_value();
}

std::size_t erofs_xattr_size(std::span<const Xattr> xattrs) {
    if (xattrs.empty()) return 0;
    std::size_t size = erofs::kXattrHeaderSize;
    for (const Xattr& xattr : xattrs) {
        const auto name = shorten(xattr.name);
        if (!name) continue;
        size += round_up_to_4(erofs::kXattrEntrySize + name->rest.size() + xattr.value.size());
    }
    return size == erofs::kXattrHeaderSize ? 0 : size;
}

void erofs_write_xattrs(std::span<const Xattr> xattrs, std::span<std::byte> area) {
    if (area.empty()) return;
    auto rest = area.subspan(erofs::kXattrHeaderSize);
    for (const Xattr& xattr : xattrs) {
        const auto name = shorten(xattr.name);
        if (!name) continue;
        store_le(rest.subspan<0, 1>(), static_cast<std::uint8_t>(name->rest.size()));
        store_le(rest.subspan<1, 1>(), name->index);
        store_le(rest.subspan<2, 2>(), static_cast<std::uint16_t>(xattr.value.size()));
        auto text = rest.subspan(erofs::kXattrEntrySize);
        std::memcpy(text.data(), name->rest.data(), name->rest.size());
        std::memcpy(text.data() + name->rest.size(), xattr.value.data(), xattr.value.size());
        rest = rest.subspan(
            round_up_to_4(erofs::kXattrEntrySize + name->rest.size() + xattr.value.size()));
    }
    BULKHEAD_CHECK(rest.empty());
}

}  // namespace bulkhead::image
