#include "host/image/layer_path.h"

#include <string>

#include <catch2/catch.hpp>

namespace bulkhead::image {

namespace {

std::string normal(const std::string& path) {
    const auto result = normalise_path(path);
    return result.ok() ? "[" + *result + "]" : "error";
}

}  // namespace

TEST_CASE("names in a layer are relative to its root however they are written") {
    CHECK(normal("usr/bin/env") == "[usr/bin/env]");
    CHECK(normal("./usr/bin/") == "[usr/bin]");
    CHECK(normal("/etc/passwd") == "[etc/passwd]");
    CHECK(normal("a//b/./c") == "[a/b/c]");
    CHECK(normal("a/../b") == "[b]");
    CHECK(normal("./") == "[]");
    CHECK(normal("/") == "[]");
    CHECK(normal("") == "[]");
    CHECK(normal("..a/b..") == "[..a/b..]");
}

TEST_CASE("a name that leaves the root is an error") {
    for (const char* path :
         {"..", "../a", "a/../../b", "/..", "/../a", "./../a", "a/b/../../../c"}) {
        CAPTURE(path);
        CHECK(normal(path) == "error");
    }
}

TEST_CASE("names have Linux's lengths") {
    const std::string longest(255, 'x');
    CHECK(normal(longest) == "[" + longest + "]");
    CHECK(normal(longest + "x") == "error");
    std::string deep;
    for (int i = 0; i < 2047; ++i) deep += "a/";
    CHECK(normal(deep + "b") == "[" + deep + "b]");
    CHECK(normal(deep + "bc") == "error");
    CHECK(normal(std::string("a\0b", 3)) == "error");
}

}  // namespace bulkhead::image
