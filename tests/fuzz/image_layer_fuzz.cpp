// A layer from anywhere, compressed or not: it is refused, or it makes a file system that a strict
// reader accepts. Two copies over each other, so that entries also meet what is already there.
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "host/image/decompress.h"
#include "tests/support/image/composed_image.h"

namespace {

constexpr std::uint64_t kMaxBytes = 4ULL << 20U;

std::string decompress(std::span<const std::byte> stored) {
    bulkhead::image::MemorySource source(stored);
    const auto stream = bulkhead::image::open_decompressed(source);
    std::string out;
    if (!stream.ok()) return out;
    bulkhead::image::HashingSource limited(**stream, bulkhead::image::DigestAlgorithm::Sha256,
                                           kMaxBytes);
    std::string buffer(65536, '\0');
    while (true) {
        const auto got = limited.read(std::as_writable_bytes(std::span(buffer)));
        if (!got.ok() || *got == 0) return out;
        out.append(buffer, 0, *got);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string tar = decompress(std::as_bytes(std::span(data, size)));
    const auto composed = bulkhead::test::compose_layers({tar, tar});
    if (composed->error.empty()) {
        const bulkhead::test::ErofsReader reader(composed->disk);
        BULKHEAD_CHECK(reader.has(""));
    }
    return 0;
}
