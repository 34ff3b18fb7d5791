#include "vmm/vsock/byte_ring.h"

#include <string>

#include <catch2/catch.hpp>

#include "tests/support/guest_arena.h"

namespace bulkhead::vsock {

namespace {

class ByteRingTest {
  public:
    void append(std::string_view text) {
        const auto address = arena_.allocate(text.size());
        REQUIRE(arena_.memory().write_bytes(address, std::as_bytes(std::span(text))));
        ring.append(*arena_.memory().slice(address, text.size()));
    }

    [[nodiscard]] std::string content() const {
        std::string text;
        for (const iovec& run : ring.runs()) {
            text.append(static_cast<const char*>(run.iov_base), run.iov_len);
        }
        return text;
    }

    ByteRing ring{8};

  private:
    test::GuestArena arena_;
};

TEST_CASE_METHOD(ByteRingTest, "bytes come out in the order they went in") {
    append("abc");
    append("def");
    CHECK(content() == "abcdef");
    ring.consume(2);
    CHECK(content() == "cdef");
    CHECK(ring.size() == 4);
}

TEST_CASE_METHOD(ByteRingTest, "bytes wrap around the end") {
    append("abcdef");
    ring.consume(5);
    append("ghijklm");
    CHECK(content() == "fghijklm");
    CHECK(ring.size() == 8);
    ring.consume(6);
    CHECK(content() == "lm");
}

TEST_CASE_METHOD(ByteRingTest, "an emptied ring takes its whole capacity again") {
    append("abcdefgh");
    ring.consume(8);
    CHECK(ring.empty());
    append("12345678");
    CHECK(content() == "12345678");
    ring.clear();
    CHECK(ring.empty());
    CHECK(content().empty());
}

}  // namespace

}  // namespace bulkhead::vsock
