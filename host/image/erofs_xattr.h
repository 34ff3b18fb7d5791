// Extended attributes in EROFS: each inode's own, behind it (kernel: fs/erofs/erofs_fs.h,
// erofs_xattr_ibody_header). Thread: any.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "host/image/layer_entry.h"

namespace bulkhead::image {

// Whether an attribute has a place in EROFS and a meaning in the guest. Others are dropped when a
// layer is read: name spaces that Linux would not let an image set either ("system." except ACLs),
// and overlayfs's own marks, which the guest's overlay would obey.
bool erofs_keeps_xattr(std::string_view name);

// The size of the area behind the inode; 0 without attributes.
std::size_t erofs_xattr_size(std::span<const Xattr> xattrs);

// Fills an area of exactly that size.
void erofs_write_xattrs(std::span<const Xattr> xattrs, std::span<std::byte> area);

}  // namespace bulkhead::image
