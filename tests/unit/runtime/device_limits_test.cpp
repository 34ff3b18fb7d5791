#include "host/runtime/device_limits.h"

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

TEST_CASE("streams have no path, and no rate at which a container seems to hang") {
    CHECK(parse_stream_bytes("0").value() == 0);
    CHECK(parse_stream_bytes("64k").value() == kLeastStreamBytes);
    CHECK(parse_stream_packets("0").value() == 0);
    CHECK(parse_stream_packets("100").value() == kLeastStreamPackets);
    for (const char* text : {"", "63k", "1", "/dev/sda:1m", "x"})
        CHECK_FALSE(parse_stream_bytes(text));
    for (const char* text : {"", "99", "1k", "/x:200", "-1"})
        CHECK_FALSE(parse_stream_packets(text));
}

}  // namespace bulkhead::runtime
