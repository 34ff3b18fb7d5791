#include "host/logs/log_entry.h"

#include <catch2/catch.hpp>

namespace bulkhead::logs {

namespace {

constexpr std::string_view kTime = "2026-11-25T04:07:00.123456789Z";

std::string line_of(Stream stream, std::string_view text) {
    std::string line;
    append_entry(line, text, entry_end(stream, kTime));
    return line;
}

}  // namespace

TEST_CASE("an entry is docker's line, byte for byte") {
    CHECK(line_of(Stream::Output, "text\n") ==
          "{\"log\":\"text\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-25T04:07:00.123456789Z\"}"
          "\n");
    CHECK(line_of(Stream::Error, "a\"b\\c\t\r\x01\x7F é") ==
          "{\"log\":\"a\\\"b\\\\c\\t\\r\\u0001\x7F é\",\"stream\":\"stderr\","
          "\"time\":\"2026-11-25T04:07:00.123456789Z\"}\n");
}

TEST_CASE("bytes that are no UTF-8 are kept, in base64") {
    CHECK(line_of(Stream::Output, "\xFF\xFE\n").starts_with("{\"log64\":\"//4K\","));
    CHECK(line_of(Stream::Output, "\xFF\xFE").starts_with("{\"log64\":\"//4=\","));
    CHECK(line_of(Stream::Output, "\xFF").starts_with("{\"log64\":\"/w==\","));
}

TEST_CASE("an entry survives being written and read") {
    for (const std::string_view text :
         {std::string_view("text\n"), std::string_view("\0\x01\n\"\\", 5), std::string_view(""),
          std::string_view("\xFF\xFE\xFD\xFC"), std::string_view("\xC3"),
          std::string_view("é€😀")}) {
        for (const Stream stream : {Stream::Output, Stream::Error}) {
            const auto entry = parse_entry(line_of(stream, text));
            REQUIRE(entry);
            CHECK(entry->text == text);
            CHECK(entry->stream == stream);
            CHECK(entry->time_ns == 1'795'579'620'123'456'789);
        }
    }
}

TEST_CASE("any byte survives, wherever it is in a line") {
    const std::string plain(35, 'p');
    for (unsigned byte = 0; byte < 256; ++byte) {
        for (std::size_t place = 0; place < plain.size(); ++place) {
            std::string text = plain;
            text[place] = static_cast<char>(byte);
            const auto entry = parse_entry(line_of(Stream::Output, text));
            if (!entry || entry->text != text) FAIL("byte " << byte << " at " << place);
        }
    }
}

TEST_CASE("what is no entry is refused") {
    for (const std::string_view line :
         {"", "{}", "[]", "null", "{\"log\":\"x\"}", "{\"log\":\"x\",\"stream\":\"stdout\"}",
          "{\"log\":1,\"stream\":\"stdout\",\"time\":\"2026-11-25T04:07:00Z\"}",
          "{\"log\":\"x\",\"stream\":\"stdin\",\"time\":\"2026-11-25T04:07:00Z\"}",
          "{\"log\":\"x\",\"stream\":\"stdout\",\"time\":\"yesterday\"}",
          "{\"log64\":\"a\",\"stream\":\"stdout\",\"time\":\"2026-11-25T04:07:00Z\"}",
          "{\"log64\":\"a=aa\",\"stream\":\"stdout\",\"time\":\"2026-11-25T04:07:00Z\"}",
          "{\"log64\":\"====\",\"stream\":\"stdout\",\"time\":\"2026-11-25T04:07:00Z\"}",
          "{\"log64\":\"a.aa\",\"stream\":\"stdout\",\"time\":\"2026-11-25T04:07:00Z\"}"}) {
        INFO(line);
        CHECK_FALSE(parse_entry(line));
    }
}

}  // namespace bulkhead::logs
