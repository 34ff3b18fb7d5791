#include <zstd.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/syscalls.h"
#include "base/text.h"
#include "base/wire.h"
#include "host/image/layer_recipe.h"
#include "host/image/recipe_format.h"

namespace bulkhead::image {

// Writes parts, compressed.
class RecipeRecorder::Writer {
  public:
    explicit Writer(int fd) : fd_(fd), stream_(ZSTD_createCStream()), output_(kOutputBytes) {
        BULKHEAD_CHECK(stream_ != nullptr);
        BULKHEAD_CHECK(
            ZSTD_isError(ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_checksumFlag, 1)) == 0);
    }

    Result<void> bytes(std::span<const std::byte> content) {
        while (!content.empty()) {
            const std::size_t count = std::min(content.size(), kMaxPartBytes);
            std::array<std::byte, 5> head{static_cast<std::byte>(RecipePart::Bytes)};
            store_le(std::span(head).subspan<1, 4>(), static_cast<std::uint32_t>(count));
            TRY(compress(head, ZSTD_e_continue));
            TRY(compress(content.first(count), ZSTD_e_continue));
            content = content.subspan(count);
        }
        return {};
    }

    Result<void> data(std::uint64_t offset, std::uint64_t length) {
        std::array<std::byte, 17> part{static_cast<std::byte>(RecipePart::Data)};
        store_le(std::span(part).subspan<1, 8>(), offset);
        store_le(std::span(part).subspan<9, 8>(), length);
        return compress(part, ZSTD_e_continue);
    }

    Result<void> finish(std::uint64_t stream_size) {
        const std::array end{static_cast<std::byte>(RecipePart::End)};
        TRY(compress(end, ZSTD_e_end));
        std::array<std::byte, kRecipeHeaderBytes> header{};
        std::transform(kRecipeMagic.begin(), kRecipeMagic.end(), header.begin(),
                       [](char c) { return static_cast<std::byte>(c); });
        store_le(std::span(header).subspan<8, 8>(), stream_size);
        return pwrite_full(fd_, header, 0);
    }

  private:
    struct Deleter {
        void operator()(ZSTD_CStream* stream) const { ZSTD_freeCStream(stream); }
    };

    Result<void> compress(std::span<const std::byte> bytes, ZSTD_EndDirective directive) {
        ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
        while (true) {
            ZSTD_outBuffer output{output_.data(), output_.size(), 0};
            const std::size_t left =
                ZSTD_compressStream2(stream_.get(), &output, &input, directive);
            if (ZSTD_isError(left) != 0)
                return Error(concat("compressing a recipe: ", ZSTD_getErrorName(left)));
            TRY(pwrite_full(fd_, std::span(output_).first(output.pos), written_));
            written_ += output.pos;
            if (directive == ZSTD_e_continue ? input.pos == input.size : left == 0) return {};
        }
    }

    static constexpr std::size_t kOutputBytes = 128 * 1024;

    int fd_;
    std::unique_ptr<ZSTD_CStream, Deleter> stream_;
    std::vector<std::byte> output_;
    std::uint64_t written_ = kRecipeHeaderBytes;
};

RecipeRecorder::RecipeRecorder(ByteSource& source, int recipe_fd)
    : source_(source), writer_(std::make_unique<Writer>(recipe_fd)) {}

RecipeRecorder::~RecipeRecorder() = default;

Result<std::size_t> RecipeRecorder::read(std::span<std::byte> buffer) {
    const std::size_t got = TRY(source_.read(buffer));
    TRY(take(buffer.first(got)));
    return got;
}

Result<void> RecipeRecorder::take(std::span<const std::byte> bytes) {
    const std::uint64_t known = decided_ > read_ ? decided_ - read_ : 0;
    read_ += bytes.size();
    bytes = bytes.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(known, bytes.size())));
    undecided_.insert(undecided_.end(), bytes.begin(), bytes.end());
    // Whoever reads is far ahead of what he tells: a sparse file, or an entry that is skipped.
    if (undecided_.size() > kMaxPartBytes) TRY(keep(undecided_.size()));
    return {};
}

// The first of what is undecided goes into the recipe.
Result<void> RecipeRecorder::keep(std::size_t count) {
    TRY(writer_->bytes(std::span(undecided_).first(count)));
    undecided_.erase(undecided_.begin(), undecided_.begin() + static_cast<std::ptrdiff_t>(count));
    decided_ += count;
    return {};
}

Result<void> RecipeRecorder::file_content(std::uint64_t at, std::uint64_t data_offset,
                                          std::uint64_t size) {
    const std::uint64_t end = at + size;
    if (at > read_ || end <= decided_) return {};
    if (at > decided_) TRY(keep(at - decided_));
    TRY(writer_->data(data_offset + (decided_ - at), end - decided_));
    const std::uint64_t there = std::min(end, read_) - decided_;
    undecided_.erase(undecided_.begin(), undecided_.begin() + static_cast<std::ptrdiff_t>(there));
    decided_ = end;
    return {};
}

Result<void> RecipeRecorder::finish() {
    TRY(keep(undecided_.size()));
    return writer_->finish(read_);
}

}  // namespace bulkhead::image
