// A layer's index with a right checksum and anything else: it is refused, or it reads back as it
// was written and makes a file system that a strict reader accepts.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/syscalls.h"
#include "host/image/image_loader.h"
#include "host/image/layer_index.h"
#include "host/image/limits.h"
#include "tests/support/image/erofs_reader.h"

namespace {

using namespace bulkhead;

std::vector<std::byte> sealed(std::span<const std::byte> content) {
    std::vector<std::byte> bytes(content.begin(), content.end());
    const image::Digest sum = image::digest_of(image::DigestAlgorithm::Sha256, bytes);
    for (const char c : sum.hex()) bytes.push_back(static_cast<std::byte>(c));
    return bytes;
}

void compose_and_read(const image::LayerIndex& index) {
    const image::Digest id = image::digest_of(image::DigestAlgorithm::Sha256, {});
    const auto metadata = image::compose({&index}, {id}, id);
    if (!metadata.ok()) return;
    test::StitchedDisk disk;
    UniqueFd front(::memfd_create("metadata", MFD_CLOEXEC));
    UniqueFd data(::memfd_create("data", MFD_CLOEXEC));
    BULKHEAD_CHECK(write_full(front.get(), *metadata).ok());
    BULKHEAD_CHECK(
        ::ftruncate(data.get(), static_cast<off_t>(index.data_blocks * image::kBlockSize)) == 0);
    disk.append(std::move(front), metadata->size());
    disk.append(std::move(data), index.data_blocks * image::kBlockSize);
    const test::ErofsReader reader(disk);
    // Every block of every file has a place on the disk.
    for (const auto& [path, file] : reader.files()) {
        constexpr std::uint64_t kEnough = 65536;
        if (file.type() == 0100000)
            BULKHEAD_CHECK(reader.read(file, 0, kEnough).size() == std::min(kEnough, file.size));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto index = image::parse_layer_index(sealed(std::as_bytes(std::span(data, size))));
    if (!index.ok()) return 0;
    const auto again = image::encode_layer_index(*index);
    BULKHEAD_CHECK(again.ok() && image::parse_layer_index(*again).ok());
    compose_and_read(*index);
    return 0;
}
