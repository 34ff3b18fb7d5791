#include "host/runtime/tmpfs.h"

#include <catch2/catch.hpp>

namespace bulkhead::runtime {

using Options = std::vector<std::string>;

TEST_CASE("a tmpfs is nosuid, nodev and noexec unless an option says otherwise") {
    const auto plain = parse_tmpfs("/tmp");
    REQUIRE(plain);
    CHECK(plain->destination == "/tmp");
    CHECK(plain->options == Options{"nosuid", "nodev", "noexec"});
    const auto open = parse_tmpfs("/tmp:exec,suid,size=64m,mode=1777");
    REQUIRE(open);
    CHECK(open->options == Options{"nodev", "exec", "suid", "size=67108864", "mode=1777"});
}

TEST_CASE("of two tmpfs options for one thing the last one wins") {
    const auto parsed = parse_tmpfs("/t:ro,rw,size=1k,size=50%");
    REQUIRE(parsed);
    CHECK(parsed->options == Options{"nosuid", "nodev", "noexec", "rw", "size=50%"});
}

TEST_CASE("a tmpfs path is cleaned, and must be absolute and not the root") {
    CHECK(parse_tmpfs("/a//b/../c/")->destination == "/a/c");
    CHECK(parse_tmpfs("/../a")->destination == "/a");
    CHECK_FALSE(parse_tmpfs("tmp"));
    CHECK_FALSE(parse_tmpfs(""));
    CHECK_FALSE(parse_tmpfs("/"));
    CHECK_FALSE(parse_tmpfs("/a/.."));
}

TEST_CASE("tmpfs options that do not exist are refused") {
    for (const char* text : {"/t:bogus", "/t:size", "/t:size=", "/t:size=lots", "/t:bind",
                             "/t:context=x", "/t:rprivate"}) {
        INFO(text);
        CHECK_FALSE(parse_tmpfs(text));
    }
}

}  // namespace bulkhead::runtime
