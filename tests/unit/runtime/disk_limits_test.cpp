#include "host/runtime/disk_limits.h"

#include <catch2/catch.hpp>

namespace bulkhead::runtime {

TEST_CASE("a rate comes with docker's path or without") {
    CHECK(parse_byte_rate("/dev/sda:1mb").value() == 1 << 20);
    CHECK(parse_byte_rate("512k").value() == 512 << 10);
    CHECK(parse_byte_rate("/with:colon:7").value() == 7);
    CHECK(parse_operation_rate("/dev/sda:100").value() == 100);
    CHECK(parse_operation_rate("0").value() == 0);
}

TEST_CASE("what is no rate is refused") {
    for (const char* text : {"", "/dev/sda", "/dev/sda:", "sda:1mb", "/dev/sda:x", "-1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_byte_rate(text));
        CHECK_FALSE(parse_operation_rate(text));
    }
    CHECK_FALSE(parse_operation_rate("1k"));
    CHECK_FALSE(parse_operation_rate("99999999999999999999"));
}

}  // namespace bulkhead::runtime
