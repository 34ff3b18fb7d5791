#include "tools/bulkhead/detach_keys.h"

#include <vector>

#include <catch2/catch.hpp>

namespace bulkhead::cli {

namespace {

// What is passed on when this is typed in one go.
std::string passed(DetachKeys& keys, std::string_view typed) {
    std::vector<std::byte> buffer(typed.size() + DetachKeys::kMaxKeys);
    for (std::size_t i = 0; i < typed.size(); ++i) buffer[i] = static_cast<std::byte>(typed[i]);
    const std::size_t count = keys.filter(buffer, typed.size());
    std::string result;
    for (std::size_t i = 0; i < count; ++i) result += static_cast<char>(buffer[i]);
    return result;
}

DetachKeys keys_of(std::string_view text) {
    auto keys = DetachKeys::parse(text);
    REQUIRE(keys);
    return *keys;
}

}  // namespace

TEST_CASE("the keys are found in what is typed, however it comes") {
    DetachKeys keys = DetachKeys::usual();
    CHECK(passed(keys, "ls\r\x10\x11more") == "ls\r");
    CHECK(keys.found());
    CHECK(passed(keys, "after") == "");
    DetachKeys slow = DetachKeys::usual();
    CHECK(passed(slow, "\x10") == "");
    CHECK_FALSE(slow.found());
    CHECK(passed(slow, "\x11") == "");
    CHECK(slow.found());
}

TEST_CASE("keys that were no beginning after all are passed on, in order") {
    DetachKeys keys = keys_of("a,b,c");
    CHECK(passed(keys, "ab") == "");
    CHECK(passed(keys, "x") == "abx");
    CHECK(passed(keys, "aab") == "a");
    CHECK(passed(keys, "d") == "abd");
    CHECK(passed(keys, "zabca") == "z");
    CHECK(keys.found());
}

TEST_CASE("keys have docker's names") {
    DetachKeys keys = keys_of("ctrl-@,ctrl-[,ctrl-_,q");
    passed(keys, std::string("\0\x1b\x1fq", 4));
    CHECK(keys.found());
    for (const char* wrong : {"ctrl-A", "ctrl-", "ab", ",", "a,", "ctrl-1", " ", ""})
        CHECK_FALSE(DetachKeys::parse(wrong));
    CHECK_FALSE(DetachKeys::parse("a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a"));
}

}  // namespace bulkhead::cli
