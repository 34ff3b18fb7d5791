#include "base/utf8.h"

#include <string>

#include <catch2/catch.hpp>

namespace bulkhead {

TEST_CASE("valid UTF-8 of every length passes") {
    CHECK(is_utf8(""));
    CHECK(is_utf8("plain"));
    CHECK(is_utf8("\xC2\x80 \xDF\xBF"));
    CHECK(is_utf8("\xE0\xA0\x80 \xED\x9F\xBF \xEF\xBF\xBF"));
    CHECK(is_utf8("\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"));
}

TEST_CASE("what is no UTF-8 is found") {
    CHECK_FALSE(is_utf8("\x80"));              // a continuation alone
    CHECK_FALSE(is_utf8("\xC3"));              // cut short
    CHECK_FALSE(is_utf8("\xE2\x82"));          // cut short
    CHECK_FALSE(is_utf8("\xC0\xAF"));          // longer than needed
    CHECK_FALSE(is_utf8("\xE0\x80\xAF"));      // longer than needed
    CHECK_FALSE(is_utf8("\xF0\x80\x80\xAF"));  // longer than needed
    CHECK_FALSE(is_utf8("\xED\xA0\x80"));      // a surrogate
    CHECK_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
    CHECK_FALSE(is_utf8("\xC3("));             // no continuation
    CHECK_FALSE(is_utf8("\xFF\xFE"));
}

TEST_CASE("it does not matter what is around a character") {
    constexpr std::size_t kMost = 20;
    for (std::size_t before = 0; before < kMost; ++before) {
        for (std::size_t after = 0; after < kMost; ++after) {
            const auto inside = [&](const char* middle) {
                return is_utf8(std::string(before, 'a').append(middle).append(after, 'z'));
            };
            if (!inside("\xC3\xA9") || inside("\xC3") || inside("\xA9"))
                FAIL(before << " before, " << after << " after");
        }
    }
}

TEST_CASE("a character that the end cuts off is found") {
    CHECK(incomplete_utf8("") == 0);
    CHECK(incomplete_utf8("plain") == 0);
    CHECK(incomplete_utf8("caf\xC3\xA9") == 0);
    CHECK(incomplete_utf8("caf\xC3") == 1);
    CHECK(incomplete_utf8("\xE2\x82") == 2);
    CHECK(incomplete_utf8("\xE2\x82\xAC") == 0);
    CHECK(incomplete_utf8("\xF0\x9F\x98") == 3);
    CHECK(incomplete_utf8("\xF0\x9F\x98\x80") == 0);
    // No character can become of these.
    CHECK(incomplete_utf8("\x80\x80\x80\x80") == 0);
    CHECK(incomplete_utf8("\xFF") == 0);
    CHECK(incomplete_utf8("\xC3\x80\x80") == 0);
}

TEST_CASE("the beginning of a text ends with a whole character") {
    CHECK(utf8_prefix("caf\xC3\xA9", 5) == "caf\xC3\xA9");
    CHECK(utf8_prefix("caf\xC3\xA9", 4) == "caf");
    CHECK(utf8_prefix("caf\xC3\xA9", 0).empty());
    // What ends so by itself is left alone.
    CHECK(utf8_prefix("caf\xC3", 4) == "caf\xC3");
}

}  // namespace bulkhead
