// A layer's recipe: how its tar stream is made again, byte for byte, from the contents that are
// kept in its data file. It has everything of the stream that is no file's content: headers and
// padding. Layers are named by the digest of that stream, so only the same bytes can be saved as
// the same image (docs/images.md "Layer recipe"). Thread: any one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "host/image/byte_source.h"

namespace bulkhead::image {

// Passes a layer's tar stream through and writes the recipe.
class RecipeRecorder : public ByteSource {
  public:
    // `source` is borrowed; `recipe_fd` is an empty file, and stays the caller's.
    RecipeRecorder(ByteSource& source, int recipe_fd);
    RecipeRecorder(const RecipeRecorder&) = delete;
    RecipeRecorder& operator=(const RecipeRecorder&) = delete;
    ~RecipeRecorder() override;

    Result<std::size_t> read(std::span<std::byte> buffer) override;

    // The `size` bytes at `at` of the stream are at `data_offset` of the data file. Called when the
    // file's header has been read, in the order of the stream; what is not said so in time is kept
    // in the recipe itself.
    Result<void> file_content(std::uint64_t at, std::uint64_t data_offset, std::uint64_t size);

    // After the stream's end.
    Result<void> finish();

  private:
    class Writer;

    Result<void> take(std::span<const std::byte> bytes);
    Result<void> keep(std::size_t count);

    ByteSource& source_;
    std::unique_ptr<Writer> writer_;
    std::uint64_t read_ = 0;            // of the stream
    std::uint64_t decided_ = 0;         // up to here the recipe is written; may be ahead of `read_`
    std::vector<std::byte> undecided_;  // what was read behind that
};

// The tar stream of a layer.
class RecipeSource : public ByteSource {
  public:
    // Untrusted input, as every file. The descriptors stay the caller's.
    static Result<std::unique_ptr<RecipeSource>> open(int recipe_fd, int data_fd);

    // Of the whole stream, as the recipe says; less or more is an error when it is read.
    [[nodiscard]] std::uint64_t size() const { return size_; }

    Result<std::size_t> read(std::span<std::byte> buffer) override;

  private:
    RecipeSource(int recipe_fd, int data_fd, std::uint64_t recipe_bytes, std::uint64_t size);

    Result<void> next_part();
    Result<void> read_exactly(std::span<std::byte> buffer);

    int data_fd_;
    std::uint64_t size_;
    FileSource stored_;
    std::unique_ptr<ByteSource> parts_;
    bool from_data_ = false;  // the current part's bytes are in the data file
    std::uint64_t data_offset_ = 0;
    std::uint64_t left_ = 0;  // of the current part
    std::uint64_t given_ = 0;
    bool ended_ = false;
};

}  // namespace bulkhead::image
