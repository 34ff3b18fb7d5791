#include "host/sandbox/console_tail.h"

#include <catch2/catch.hpp>

#include "host/sandbox/guest_text.h"

namespace bulkhead::sandbox {

using Lines = std::vector<std::string>;

TEST_CASE("what a terminal would obey does not pass") {
    CHECK(printable("plain text") == "plain text");
    CHECK(printable("\x1b[31mred\x07\x7f\xC3\xA9") == "?[31mred????");
    CHECK(printable("two\nlines\tand") == "two lines and");
    CHECK(printable("abcdef", 3) == "abc...");
}

TEST_CASE("the last lines of a console are oldest first, without empty ones") {
    ConsoleTail tail;
    tail.append("one\r\n\r\ntwo\r\nth");
    tail.append("ree\r\nfour");
    CHECK(tail.last_lines(2) == Lines{"three", "four"});
    CHECK(tail.last_lines(10) == Lines{"one", "two", "three", "four"});
    CHECK(ConsoleTail().last_lines(5).empty());
}

TEST_CASE("a console is kept to its end only, however much comes") {
    ConsoleTail tail;
    for (int i = 0; i < 100'000; ++i) tail.append("line " + std::to_string(i) + "\n");
    CHECK(tail.last_lines(1) == Lines{"line 99999"});
    CHECK(tail.last_lines(1'000'000).size() < 20'000);
    tail.append(std::string(10'000'000, 'x'));
    CHECK(tail.last_lines(1)[0] == std::string(ConsoleTail::kMaxLineLength, 'x') + "...");
}

}  // namespace bulkhead::sandbox
