#include "base/crc32c.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace bulkhead {

TEST_CASE("crc32c has its published check values") {
    const std::string digits = "123456789";
    CHECK(crc32c(std::as_bytes(std::span(digits))) == 0xe3069283U);
    // RFC 3720, appendix B.4.
    CHECK(crc32c(std::vector<std::byte>(32)) == 0x8a9136aaU);
    CHECK(crc32c(std::vector<std::byte>(32, std::byte{0xff})) == 0x62a8ab43U);
    CHECK(crc32c({}) == 0);
}

}  // namespace bulkhead
