#include "tools/bulkhead/suggest.h"

#include <catch2/catch.hpp>

namespace bulkhead::cli {

TEST_CASE("the nearest word is suggested, and nothing when none is near") {
    const std::vector<std::string> verbs = {"run", "rm", "rmi", "images", "version"};
    CHECK(suggest("runn", verbs) == "run");
    CHECK(suggest("imagse", verbs) == "images");
    CHECK(suggest("vresion", verbs) == "version");
    CHECK(suggest("rnu", verbs) == "run");
    CHECK(suggest("rmi", verbs) == "rmi");
    CHECK(suggest("completely", verbs).empty());
    CHECK(suggest(std::string(100'000, 'r'), verbs).empty());
    CHECK(suggest("x", {}).empty());
}

}  // namespace bulkhead::cli
