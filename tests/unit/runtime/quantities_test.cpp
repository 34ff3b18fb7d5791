#include "host/runtime/quantities.h"

#include <catch2/catch.hpp>

namespace bulkhead::runtime {

TEST_CASE("a size takes docker's units, all of them binary") {
    const std::pair<const char*, std::uint64_t> cases[] = {
        {"0", 0},
        {"512", 512},
        {"32b", 32},
        {"1k", 1024},
        {"1K", 1024},
        {"1kb", 1024},
        {"1KiB", 1024},
        {"64m", 64ULL << 20U},
        {"1.5g", 3ULL << 29U},
        {"1.5 GiB", 3ULL << 29U},
        {".5k", 512},
        {"2t", 2ULL << 40U},
        {"1p", 1ULL << 50U},
        {"0.3k", 307},  // 307.2, cut
    };
    for (const auto& [text, bytes] : cases) {
        INFO(text);
        const auto parsed = parse_bytes(text);
        REQUIRE(parsed);
        CHECK(*parsed == bytes);
    }
}

TEST_CASE("a size that docker refuses is refused in its words") {
    const std::pair<const char*, const char*> cases[] = {
        {"", "invalid size: ''"},
        {"abc", "invalid size: 'abc'"},
        {"-5", "invalid size: '-5'"},
        {"1.2.3", "invalid size: '1.2.3'"},
        {"0x10", "invalid size: '0x10'"},
        {"10x", "invalid suffix: 'x'"},
        {"10bb", "invalid suffix: 'bb'"},
        {"10kib1", "invalid size: '10kib1'"},
        {"10mebi", "invalid suffix: 'mebi'"},
        {"99999999999999999999", "invalid size: '99999999999999999999'"},
        {"9000p", "invalid size: '9000p'"},
    };
    for (const auto& [text, message] : cases) {
        INFO(text);
        const auto parsed = parse_bytes(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message() == message);
    }
}

TEST_CASE("a number of CPUs is decimal, and its vCPUs are rounded up") {
    struct Case {
        const char* text;
        std::uint64_t nano;
        std::uint32_t whole;
    };

    for (const auto& [text, nano, whole] :
         {Case{"1", 1'000'000'000, 1}, Case{"0.5", 500'000'000, 1}, Case{"1.5", 1'500'000'000, 2},
          Case{".25", 250'000'000, 1}, Case{"4.0", 4'000'000'000, 4}, Case{"0.000000001", 1, 1}}) {
        INFO(text);
        const auto parsed = parse_cpus(text);
        REQUIRE(parsed);
        CHECK(parsed->value == nano);
        CHECK(parsed->whole_cpus() == whole);
    }
    for (const char* text : {"", "0", "0.0", "-1", "two", "1.0000000001", "1e3", "9999999999"}) {
        INFO(text);
        CHECK_FALSE(parse_cpus(text));
    }
}

}  // namespace bulkhead::runtime
