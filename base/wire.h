// Little-endian integers in byte buffers: on-disk and on-wire structures are parsed field by field
// from a private, bounded copy.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace bulkhead {

static_assert(std::endian::native == std::endian::little,
              "ports to big-endian hosts need byte swaps here");

template <std::unsigned_integral T>
[[nodiscard]] T load_le(std::span<const std::byte, sizeof(T)> bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
}

template <std::unsigned_integral T>
void store_le(std::span<std::byte, sizeof(T)> bytes, T value) {
    std::memcpy(bytes.data(), &value, sizeof(T));
}

// Reads integers and byte runs from a buffer, front to back. Every read past the end gives nothing.
class ByteReader {
  public:
    explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

    template <std::unsigned_integral T>
    [[nodiscard]] std::optional<T> read() {
        if (rest_.size() < sizeof(T)) return std::nullopt;
        const T value = load_le<T>(rest_.first<sizeof(T)>());
        rest_ = rest_.subspan(sizeof(T));
        return value;
    }

    [[nodiscard]] std::optional<std::span<const std::byte>> take(std::size_t count) {
        if (rest_.size() < count) return std::nullopt;
        const auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

  private:
    std::span<const std::byte> rest_;
};

// Appends integers and byte runs to a growing buffer.
class ByteWriter {
  public:
    template <std::unsigned_integral T>
    void write(T value) {
        const std::size_t at = bytes_.size();
        bytes_.resize(at + sizeof(T));
        std::memcpy(bytes_.data() + at, &value, sizeof(T));
    }

    void write(std::span<const std::byte> bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }

    void pad_to(std::size_t size) {
        if (bytes_.size() < size) bytes_.resize(size);
    }

    [[nodiscard]] std::size_t size() const { return bytes_.size(); }

    [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

    [[nodiscard]] std::vector<std::byte> take() && { return std::move(bytes_); }

  private:
    std::vector<std::byte> bytes_;
};

}  // namespace bulkhead
