#include "archive/pax.h"

#include <catch2/catch.hpp>

namespace bulkhead::archive {

TEST_CASE("records come back as they were written, whatever is in them") {
    const PaxRecords records = {
        {"path", std::string(3000, 'p')}, {"a", "x"}, {"SCHILY.xattr.user.x", {"a\0\n=b", 5}}};
    PaxRecords read;
    REQUIRE(parse_pax(format_pax(records), read));
    CHECK(read == records);
    // Lengths around those where the length's own digits grow.
    for (std::size_t size = 85; size < 110; ++size) {
        const PaxRecords one = {{"k", std::string(size, 'v')}};
        PaxRecords back;
        REQUIRE(parse_pax(format_pax(one), back));
        CHECK(back == one);
    }
}

TEST_CASE("malformed records are refused") {
    for (const char* text : {"5 a=b", "x a=b\n", "99 a=b\n", "3 a\n", "5 =bc\n", "0 a=b\n",
                             " a=b\n", "6a=bcd\n", "18446744073709551616 a=b\n"}) {
        PaxRecords records;
        CAPTURE(text);
        CHECK(!parse_pax(text, records));
    }
}

TEST_CASE("times keep their nanoseconds, before 1970 too") {
    for (const auto& [seconds, nanoseconds, text] :
         {std::tuple(5, 0U, "5"), std::tuple(5, 1U, "5.000000001"), std::tuple(-1, 0U, "-1"),
          std::tuple(-1, 250'000'000U, "-0.750000000"),
          std::tuple(-2, 750'000'000U, "-1.250000000")}) {
        CHECK(format_time(seconds, nanoseconds) == text);
        Entry entry;
        REQUIRE(apply_pax({{"mtime", text}}, entry));
        CHECK(entry.mtime == seconds);
        CHECK(entry.mtime_nanoseconds == nanoseconds);
    }
    Entry entry;
    CHECK(!apply_pax({{"mtime", "1.x"}}, entry));
    CHECK(!apply_pax({{"uid", "4294967296"}}, entry));
}

}  // namespace bulkhead::archive
