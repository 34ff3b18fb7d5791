#include "base/text.h"

#include <catch2/catch.hpp>

using namespace bulkhead;

TEST_CASE("messages are put together from parts") {
    CHECK(concat("a", 1, ' ', std::string("b")) == "a1 b");
    CHECK(hex(0) == "0x0");
    CHECK(hex(0xd0000000) == "0xd0000000");
}

TEST_CASE("sizes read as people write them") {
    CHECK(bytes_text(0) == "0 B");
    CHECK(bytes_text(1023) == "1023 B");
    CHECK(bytes_text(1024) == "1 KiB");
    CHECK(bytes_text(1536) == "1.5 KiB");
    CHECK(bytes_text(10ULL << 30) == "10 GiB");
}
