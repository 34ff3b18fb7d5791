#include "host/image/decompress.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/check.h"
#include "base/text.h"

namespace bulkhead::image {

namespace {

constexpr std::size_t kInputBytes = 128 * 1024;
// 128 MiB, what the zstd program accepts too: bounds the memory that a frame may ask for.
constexpr int kMaxZstdWindowLog = 27;

// The input side that all three share: a buffer that the detection has filled already.
class InputBuffer {
  public:
    InputBuffer(ByteSource& source, std::vector<std::byte> bytes, std::size_t filled)
        : source_(source), bytes_(std::move(bytes)), end_(filled) {}

    [[nodiscard]] std::span<const std::byte> rest() const {
        return std::span(bytes_).subspan(begin_, end_ - begin_);
    }

    void consume(std::size_t count) { begin_ += count; }

    // Makes rest() non-empty, unless the source has ended.
    Result<void> fill() {
        if (begin_ != end_) return {};
        begin_ = 0;
        end_ = 0;
        end_ = TRY(source_.read(bytes_));
        return {};
    }

  private:
    ByteSource& source_;
    std::vector<std::byte> bytes_;
    std::size_t begin_ = 0;
    std::size_t end_;
};

class PlainSource : public ByteSource {
  public:
    explicit PlainSource(InputBuffer input) : input_(std::move(input)) {}

    Result<std::size_t> read(std::span<std::byte> buffer) override {
        TRY(input_.fill());
        const std::size_t count = std::min(buffer.size(), input_.rest().size());
        std::copy_n(input_.rest().begin(), count, buffer.begin());
        input_.consume(count);
        return count;
    }

  private:
    InputBuffer input_;
};

class GzipSource : public ByteSource {
  public:
    explicit GzipSource(InputBuffer input) : input_(std::move(input)) {
        constexpr int kGzipOnly = 16 + MAX_WBITS;
        BULKHEAD_CHECK(inflateInit2(&stream_, kGzipOnly) == Z_OK);
    }

    GzipSource(const GzipSource&) = delete;
    GzipSource& operator=(const GzipSource&) = delete;

    ~GzipSource() override { inflateEnd(&stream_); }

    Result<std::size_t> read(std::span<std::byte> buffer) override {
        const auto wanted = static_cast<uInt>(std::min<std::size_t>(buffer.size(), kInputBytes));
        stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream_.avail_out = wanted;
        while (stream_.avail_out == wanted) {
            TRY(input_.fill());
            if (input_.rest().empty()) {
                if (between_members_) return std::size_t{0};
                return Error("truncated gzip stream");
            }
            TRY(step());
        }
        return static_cast<std::size_t>(wanted - stream_.avail_out);
    }

  private:
    Result<void> step() {
        if (between_members_) BULKHEAD_CHECK(inflateReset(&stream_) == Z_OK);
        between_members_ = false;
        const auto given = input_.rest();
        // SAFETY: zlib reads the input only; its member is not const unless ZLIB_CONST is defined.
        stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(given.data()));
        stream_.avail_in = static_cast<uInt>(given.size());
        const int status = inflate(&stream_, Z_NO_FLUSH);
        input_.consume(given.size() - stream_.avail_in);
        if (status == Z_STREAM_END) {
            between_members_ = true;
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            return Error(
                concat("corrupt gzip stream: ", stream_.msg != nullptr ? stream_.msg : "bad data"));
        }
        return {};
    }

    InputBuffer input_;
    z_stream stream_{};
    bool between_members_ = false;
};

class ZstdSource : public ByteSource {
  public:
    explicit ZstdSource(InputBuffer input)
        : input_(std::move(input)), stream_(ZSTD_createDStream()) {
        BULKHEAD_CHECK(stream_ != nullptr);
        BULKHEAD_CHECK(ZSTD_isError(ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax,
                                                           kMaxZstdWindowLog)) == 0);
    }

    Result<std::size_t> read(std::span<std::byte> buffer) override {
        ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
        while (out.pos == 0) {
            TRY(input_.fill());
            // With nothing left to read, output that is still inside the decoder comes out here.
            const auto given = input_.rest();
            ZSTD_inBuffer in{given.data(), given.size(), 0};
            if (given.empty() && between_frames_) return std::size_t{0};
            const std::size_t status = ZSTD_decompressStream(stream_.get(), &out, &in);
            input_.consume(in.pos);
            if (ZSTD_isError(status) != 0) {
                return Error(concat("corrupt zstd stream: ", ZSTD_getErrorName(status)));
            }
            between_frames_ = status == 0;
            if (given.empty() && out.pos == 0 && !between_frames_)
                return Error("truncated zstd stream");
        }
        return out.pos;
    }

  private:
    struct Deleter {
        void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
    };

    InputBuffer input_;
    std::unique_ptr<ZSTD_DStream, Deleter> stream_;
    bool between_frames_ = false;
};

template <std::size_t N>
bool starts_with(std::span<const std::byte> bytes, const std::array<unsigned char, N>& magic) {
    return bytes.size() >= N &&
           std::equal(magic.begin(), magic.end(), bytes.begin(),
                      [](unsigned char a, std::byte b) { return std::byte{a} == b; });
}

}  // namespace

Compression detect_compression(std::span<const std::byte> first_bytes) {
    constexpr std::array<unsigned char, 3> kGzip{0x1f, 0x8b, 0x08};
    constexpr std::array<unsigned char, 4> kZstd{0x28, 0xb5, 0x2f, 0xfd};
    constexpr std::array<unsigned char, 3> kBzip2{'B', 'Z', 'h'};
    constexpr std::array<unsigned char, 6> kXz{0xfd, '7', 'z', 'X', 'Z', 0};
    if (starts_with(first_bytes, kGzip)) return Compression::Gzip;
    if (starts_with(first_bytes, kZstd)) return Compression::Zstd;
    // zstd:chunked may begin with a skippable frame, 0x184d2a50 to 0x184d2a5f (RFC 8878
    // section 3.1.2).
    constexpr std::array<unsigned char, 3> kSkippable{0x2a, 0x4d, 0x18};
    if (first_bytes.size() >= 4 && (first_bytes[0] & std::byte{0xf0}) == std::byte{0x50} &&
        starts_with(first_bytes.subspan(1), kSkippable)) {
        return Compression::Zstd;
    }
    if (starts_with(first_bytes, kBzip2) || starts_with(first_bytes, kXz))
        return Compression::Unsupported;
    return Compression::None;
}

Result<std::unique_ptr<ByteSource>> open_decompressed(ByteSource& compressed) {
    std::vector<std::byte> bytes(kInputBytes);
    std::size_t filled = 0;
    constexpr std::size_t kLongestMagic = 6;
    while (filled < kLongestMagic) {
        const std::size_t got = TRY(compressed.read(std::span(bytes).subspan(filled)));
        if (got == 0) break;
        filled += got;
    }
    const Compression compression = detect_compression(std::span(bytes).first(filled));
    InputBuffer input(compressed, std::move(bytes), filled);
    switch (compression) {
        case Compression::None:
            return std::unique_ptr<ByteSource>(new PlainSource(std::move(input)));
        case Compression::Gzip:
            return std::unique_ptr<ByteSource>(new GzipSource(std::move(input)));
        case Compression::Zstd:
            return std::unique_ptr<ByteSource>(new ZstdSource(std::move(input)));
        case Compression::Unsupported:
            break;
    }
    return Error("compressed with bzip2 or xz, which is not supported; use gzip or zstd");
}

}  // namespace bulkhead::image
