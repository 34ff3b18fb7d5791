#include "base/words.h"

#include <catch2/catch.hpp>

namespace bulkhead {

TEST_CASE("words are what is between spaces") {
    using Words = std::vector<std::string_view>;
    CHECK(words_of("").empty());
    CHECK(words_of("  ").empty());
    CHECK(words_of("one") == Words{"one"});
    CHECK(words_of(" one  two\tthree ") == Words{"one", "two\tthree"});
}

}  // namespace bulkhead
