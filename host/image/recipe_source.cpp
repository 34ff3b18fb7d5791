#include <algorithm>
#include <array>

#include "base/syscalls.h"
#include "base/text.h"
#include "base/wire.h"
#include "host/image/decompress.h"
#include "host/image/layer_recipe.h"
#include "host/image/limits.h"
#include "host/image/recipe_format.h"

namespace bulkhead::image {

namespace {

Error damaged(std::string_view what) {
    return Error(concat("a layer's recipe is damaged: ", what));
}

}  // namespace

RecipeSource::RecipeSource(int recipe_fd, int data_fd, std::uint64_t recipe_bytes,
                           std::uint64_t size)
    : data_fd_(data_fd),
      size_(size),
      stored_(recipe_fd, kRecipeHeaderBytes, recipe_bytes - kRecipeHeaderBytes) {}

Result<std::unique_ptr<RecipeSource>> RecipeSource::open(int recipe_fd, int data_fd) {
    std::array<std::byte, kRecipeHeaderBytes> header{};
    const std::size_t got = TRY(pread_full(recipe_fd, header, 0));
    const bool is_recipe =
        got == header.size() &&
        std::equal(kRecipeMagic.begin(), kRecipeMagic.end(), header.begin(),
                   [](char a, std::byte b) { return static_cast<std::byte>(a) == b; });
    if (!is_recipe) return damaged("it is none");
    const auto size = load_le<std::uint64_t>(std::span(header).subspan<8, 8>());
    if (size > kMaxLayerBytes) return damaged("larger than a layer may be");
    const std::uint64_t bytes = TRY(file_size(recipe_fd));
    std::unique_ptr<RecipeSource> source(new RecipeSource(recipe_fd, data_fd, bytes, size));
    source->parts_ = TRY(open_decompressed(source->stored_));
    return source;
}

Result<void> RecipeSource::read_exactly(std::span<std::byte> buffer) {
    while (!buffer.empty()) {
        const std::size_t got = TRY(parts_->read(buffer));
        if (got == 0) return damaged("it ends early");
        buffer = buffer.subspan(got);
    }
    return {};
}

Result<void> RecipeSource::next_part() {
    std::array<std::byte, 17> part{};
    TRY(read_exactly(std::span(part).first(1)));
    switch (static_cast<RecipePart>(part[0])) {
        case RecipePart::End:
            ended_ = true;
            if (given_ != size_) return damaged("it is not as long as it says");
            return {};
        case RecipePart::Bytes:
            TRY(read_exactly(std::span(part).subspan(1, 4)));
            from_data_ = false;
            left_ = load_le<std::uint32_t>(std::span(part).subspan<1, 4>());
            break;
        case RecipePart::Data:
            TRY(read_exactly(std::span(part).subspan(1)));
            from_data_ = true;
            data_offset_ = load_le<std::uint64_t>(std::span(part).subspan<1, 8>());
            left_ = load_le<std::uint64_t>(std::span(part).subspan<9, 8>());
            if (data_offset_ > kMaxLayerDataBytes) return damaged("a part is not in the data file");
            break;
        default:
            return damaged("a part of an unknown kind");
    }
    // An empty part is refused, so that every step gives bytes.
    if (left_ == 0 || left_ > size_ - given_) return damaged("a part of a wrong length");
    return {};
}

Result<std::size_t> RecipeSource::read(std::span<std::byte> buffer) {
    if (left_ == 0 && !ended_) TRY(next_part());
    if (ended_) return std::size_t{0};
    const auto wanted =
        buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left_)));
    std::size_t got = 0;
    if (from_data_) {
        got = TRY(pread_full(data_fd_, wanted, data_offset_));
        data_offset_ += got;
    } else {
        got = TRY(parts_->read(wanted));
    }
    if (got == 0) return damaged("a part ends early");
    left_ -= got;
    given_ += got;
    return got;
}

}  // namespace bulkhead::image
