// Text that is looked through eight bytes at a time. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bulkhead::word {

inline constexpr std::size_t kBytes = sizeof(std::uint64_t);

// The same byte eight times.
constexpr std::uint64_t all(std::uint8_t byte) {
    return std::uint64_t{0x0101010101010101} * byte;
}

// Whether any of the eight bytes of a word is such a one, not which: the subtractions' borrows
// change what is calculated of the bytes above one that is.

constexpr bool any_not_ascii(std::uint64_t word) {
    return (word & all(0x80)) != 0;
}

// `bound`: at most 0x80.
constexpr bool any_below(std::uint64_t word, std::uint8_t bound) {
    return ((word - all(bound)) & ~word & all(0x80)) != 0;
}

constexpr bool any_equal(std::uint64_t word, std::uint8_t byte) {
    return any_below(word ^ all(byte), 1);
}

// The eight bytes from there, which are there.
inline std::uint64_t at(std::string_view text, std::size_t place) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + place, kBytes);
    return word;
}

// How many bytes are before the first one that `is_one` is true of; `any_in` says the same of eight
// in a word, in any order.
template <typename AnyIn, typename IsOne>
std::size_t prefix_before(std::string_view text, AnyIn any_in, IsOne is_one) {
    std::size_t length = 0;
    while (text.size() - length >= kBytes && !any_in(at(text, length))) length += kBytes;
    // The last ones with some that were seen before.
    if (text.size() >= kBytes && text.size() - length < kBytes &&
        !any_in(at(text, text.size() - kBytes)))
        return text.size();
    while (length < text.size() && !is_one(static_cast<std::uint8_t>(text[length]))) ++length;
    return length;
}

}  // namespace bulkhead::word
