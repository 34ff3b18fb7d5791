// Bounds on what an image may ask of the host. An image is untrusted: whatever it declares, time,
// memory and disk stay within these. Sizes in bytes unless the name says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bulkhead::image {

inline constexpr std::uint64_t kBlockSize = 4096;

// A manifest, an index or a config. Docker's and containerd's own bound is the same 4 MiB.
inline constexpr std::uint64_t kMaxJsonBytes = 4ULL << 20;
// Nesting of arrays and objects in any JSON we read.
inline constexpr int kMaxJsonDepth = 64;
// Nesting of an index inside an index.
inline constexpr int kMaxIndexDepth = 4;
// Descriptors that are looked at while a manifest for our platform is searched.
inline constexpr std::size_t kMaxDescriptors = 4096;

// Docker's bound on the layers of one image.
inline constexpr std::size_t kMaxLayers = 127;
inline constexpr std::size_t kMaxLayerEntries = 1U << 20;
// One layer, compressed or not, as it is stored in the image file.
inline constexpr std::uint64_t kMaxBlobBytes = 256ULL << 30;
// One layer's tar stream after decompression.
inline constexpr std::uint64_t kMaxLayerBytes = 256ULL << 30;
// One layer's data file, holes included.
inline constexpr std::uint64_t kMaxLayerDataBytes = 4ULL << 40;
// One layer's index.
inline constexpr std::uint64_t kMaxIndexBytes = 256ULL << 20;
// One file, holes included.
inline constexpr std::uint64_t kMaxFileBytes = 64ULL << 40;
// A sparse file is cut into at most this many chunks, so that its map stays below 64 KiB.
inline constexpr std::uint64_t kMaxFileChunks = 16384;

// As in Linux: NAME_MAX, PATH_MAX less its terminator, and the depth that PATH_MAX permits.
inline constexpr std::size_t kMaxNameBytes = 255;
inline constexpr std::size_t kMaxPathBytes = 4095;
inline constexpr std::uint32_t kMaxDepth = 2048;
// As in Linux (MAXSYMLINKS).
inline constexpr int kMaxSymlinks = 40;

// Linux allows 65536 for a value; EROFS has 16 bits for it.
inline constexpr std::size_t kMaxXattrValueBytes = 65535;
// All attributes of one file (XATTR_LIST_MAX for names alone is as large).
inline constexpr std::size_t kMaxXattrBytes = 65536;
inline constexpr std::size_t kMaxXattrs = 1024;

// The merged tree, directories that no layer lists included.
inline constexpr std::size_t kMaxImageNodes = 4U << 20;
// All layers' entries of one image together: bounds the memory that composing takes.
inline constexpr std::uint64_t kMaxImageEntries = 4ULL << 20;
// Directory look-ups while the layers are merged; bounds paths that go through many symbolic links.
inline constexpr std::uint64_t kMaxPathSteps = 1ULL << 28;
// The EROFS metadata of one image.
inline constexpr std::uint64_t kMaxMetadataBytes = 1ULL << 30;

// Members of an image archive that are remembered.
inline constexpr std::size_t kMaxArchiveMembers = 65536;
// Environment variables, labels and so on of one config, each.
inline constexpr std::size_t kMaxConfigItems = 16384;

}  // namespace bulkhead::image
