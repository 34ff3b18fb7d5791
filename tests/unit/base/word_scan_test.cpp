#include "base/word_scan.h"

#include <array>
#include <string>

#include <catch2/catch.hpp>

namespace bulkhead {
namespace {

// One byte of a word is `byte`, the others are `rest`.
template <typename Check>
void for_each_word(Check check) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        for (const unsigned rest : {0x00U, 0x1fU, 0x20U, 0x21U, 0x22U, 0x23U, 0x7fU, 0x80U, 0xffU})
            for (unsigned place = 0; place < word::kBytes; ++place) {
                const std::uint64_t mask = std::uint64_t{0xff} << (8 * place);
                check((word::all(static_cast<std::uint8_t>(rest)) & ~mask) |
                          (std::uint64_t{byte} << (8 * place)),
                      byte, rest);
            }
    }
}

TEST_CASE("a word says whether any of its bytes is of a kind") {
    unsigned wrong = 0;
    const auto expect = [&wrong](bool is, bool should) {
        if (is != should) ++wrong;
    };
    for_each_word([&](std::uint64_t word, unsigned byte, unsigned rest) {
        expect(word::any_not_ascii(word), byte >= 0x80 || rest >= 0x80);
        for (const auto bound : std::to_array<std::uint8_t>({0x01, 0x20, 0x80}))
            expect(word::any_below(word, bound), byte < bound || rest < bound);
        for (const auto one : std::to_array<std::uint8_t>({0x00, 0x22, 0x5c, 0xff}))
            expect(word::any_equal(word, one), byte == one || rest == one);
    });
    CHECK(wrong == 0);
}

TEST_CASE("the first byte of a kind is found wherever it is") {
    const auto before = [](std::string_view text) {
        return word::prefix_before(
            text, [](std::uint64_t word) { return word::any_equal(word, 'x'); },
            [](std::uint8_t byte) { return byte == 'x'; });
    };
    for (std::size_t size = 0; size < 40; ++size) {
        const std::string text(size, 'y');
        CHECK(before(text) == size);
        for (std::size_t place = 0; place < size; ++place) {
            std::string other = text;
            other[place] = 'x';
            other.back() = 'x';
            CHECK(before(other) == place);
            CHECK(before(std::string_view(other).substr(place)) == 0);
        }
    }
}

}  // namespace
}  // namespace bulkhead
