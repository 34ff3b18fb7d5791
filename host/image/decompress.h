// Decompression of a layer or of an image archive: gzip and zstd, recognised by their first bytes
// (a media type may be wrong, as Docker's is for some images), or plain. Thread: any one at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/result.h"
#include "host/image/byte_source.h"

namespace bulkhead::image {

enum class Compression { None, Gzip, Zstd, Unsupported };

Compression detect_compression(std::span<const std::byte> first_bytes);

// A source of the decompressed bytes. `compressed` must outlive it. A stream that ends inside a
// member or frame is an error, and so is anything but another member or frame behind one.
Result<std::unique_ptr<ByteSource>> open_decompressed(ByteSource& compressed);

}  // namespace bulkhead::image
