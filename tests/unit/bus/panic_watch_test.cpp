#include "vmm/bus/panic_watch.h"

#include <string_view>

#include <catch2/catch.hpp>

namespace bulkhead::bus {
namespace {

std::string message_of(std::string_view text) {
    PanicWatch watch;
    for (const char c : text) watch.put(static_cast<std::byte>(c));
    return watch.message();
}

TEST_CASE("a panic's line is kept without its time stamp") {
    CHECK(message_of(
              "[    1.5] Kernel panic - not syncing: sysrq triggered crash\r\n[  1.6] CPU: 0\n") ==
          "Kernel panic - not syncing: sysrq triggered crash");
}

TEST_CASE("a panic is recognised before its line ends") {
    CHECK(message_of("boot\nKernel panic - not syncing: Attempted to kill init!") ==
          "Kernel panic - not syncing: Attempted to kill init!");
}

TEST_CASE("the first panic counts") {
    CHECK(message_of("Kernel panic - not syncing: one\nKernel panic - not syncing: two\n") ==
          "Kernel panic - not syncing: one");
}

TEST_CASE("other output is no panic") {
    CHECK(message_of("Kernel panic\n - not syncing\nhello\n").empty());
}

TEST_CASE("lines are bounded and unprintable bytes are left out") {
    const std::string flood(100'000, 'x');
    CHECK(message_of(flood).empty());
    CHECK(message_of("Kernel panic - not syncing: \x1b[31m\x01red\x80" + flood).size() ==
          PanicWatch::kMaxLine);
    CHECK(message_of("Kernel panic - not syncing: \x1b\x01red\x80\n") ==
          "Kernel panic - not syncing: red");
}

}  // namespace
}  // namespace bulkhead::bus
