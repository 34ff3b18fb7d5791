// A layer that can be imported comes out of its recipe as it went in; a recipe of any bytes gives a
// bounded stream or an error.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/syscalls.h"
#include "host/image/layer_import.h"
#include "host/image/layer_recipe.h"

namespace {

using namespace bulkhead;         // NOLINT(google-build-using-namespace)
using namespace bulkhead::image;  // NOLINT(google-build-using-namespace)

constexpr std::uint64_t kEnough = 1U << 22U;

void check_round_trip(std::span<const std::byte> tar) {
    const UniqueFd recipe(::memfd_create("recipe", MFD_CLOEXEC));
    const UniqueFd data(::memfd_create("data", MFD_CLOEXEC));
    MemorySource source(tar);
    RecipeRecorder recorder(source, recipe.get());
    HashingSource content(recorder, DigestAlgorithm::Sha256, kEnough);
    if (!import_layer(content, data.get(), &recorder).ok() || !content.finish().ok()) return;
    BULKHEAD_CHECK(recorder.finish().ok());
    const auto again = RecipeSource::open(recipe.get(), data.get());
    BULKHEAD_CHECK(again.ok() && (*again)->size() == tar.size());
    std::vector<std::byte> bytes(tar.size() + 1);
    std::size_t read = 0;
    while (true) {
        const auto got = (*again)->read(std::span(bytes).subspan(read));
        BULKHEAD_CHECK(got.ok());
        if (*got == 0) break;
        read += *got;
    }
    BULKHEAD_CHECK(std::equal(tar.begin(), tar.end(), bytes.begin(),
                              bytes.begin() + static_cast<std::ptrdiff_t>(read)));
}

void read_any(std::span<const std::byte> file) {
    const UniqueFd recipe(::memfd_create("recipe", MFD_CLOEXEC));
    const UniqueFd data(::memfd_create("data", MFD_CLOEXEC));
    BULKHEAD_CHECK(write_full(recipe.get(), file).ok() && write_full(data.get(), file).ok());
    const auto source = RecipeSource::open(recipe.get(), data.get());
    if (!source.ok()) return;
    std::vector<std::byte> buffer(65536);
    for (std::uint64_t total = 0; total < kEnough;) {
        const auto got = (*source)->read(buffer);
        if (!got.ok() || *got == 0) break;
        total += *got;
        BULKHEAD_CHECK(total <= (*source)->size());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    check_round_trip(bytes);
    read_any(bytes);
    return 0;
}
