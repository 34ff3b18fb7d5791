#include "vmm/boot/command_line.h"

#include <catch2/catch.hpp>

namespace bulkhead::boot {
namespace {

TEST_CASE("arguments are separated by one space, and nothing adds nothing") {
    CommandLine line;
    REQUIRE(line.append(""));
    CHECK(line.text().empty());
    REQUIRE(line.append("console=ttyS0"));
    REQUIRE(line.append(""));
    REQUIRE(line.append("quiet panic=-1"));
    CHECK(line.text() == "console=ttyS0 quiet panic=-1");
}

TEST_CASE("the line is as long as the kernel takes, and not longer") {
    CommandLine line;
    REQUIRE(line.append(std::string(CommandLine::kMaxBytes - 3, 'a')));
    CHECK_FALSE(line.append("bb"));
    REQUIRE(line.append("b"));
    CHECK(line.text().size() == CommandLine::kMaxBytes - 1);
    CHECK_FALSE(line.append("c"));
    CommandLine whole;
    CHECK_FALSE(whole.append(std::string(CommandLine::kMaxBytes, 'a')));
    CHECK(whole.append(std::string(CommandLine::kMaxBytes - 1, 'a')));
}

TEST_CASE("bytes that could end or split the line are refused") {
    CommandLine line;
    for (const char* text : {"a\nb", "a\tb", "\x7f", "\x80"}) CHECK_FALSE(line.append(text));
    CHECK_FALSE(line.append(std::string_view("a\0b", 3)));
    CHECK(line.text().empty());
}

}  // namespace
}  // namespace bulkhead::boot
