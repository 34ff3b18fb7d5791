#include "host/engine/process_use.h"

#include <unistd.h>

#include <catch2/catch.hpp>

namespace bulkhead::engine {

TEST_CASE("a guest's memory is told from its monitor's own") {
    const MemoryUse use = parse_memory_use(
        "7f00-7f10 rw-p 00000000 00:00 0\n"
        "Size:            1048576 kB\nRss:               70000 kB\nPrivate_Dirty:     70000 kB\n"
        "5500-5510 rw-p 00000000 00:00 0 [heap]\n"
        "Size:                500 kB\nRss:                 300 kB\nShared_Clean:        100 kB\n"
        "Private_Clean:        20 kB\nPrivate_Dirty:       180 kB\n");
    CHECK(use.guest_bytes == 70000 * 1024);
    CHECK(use.private_bytes == 200 * 1024);
    CHECK(parse_memory_use("Rss: x\nnonsense\n\n").private_bytes == 0);
}

TEST_CASE("our own use is not nothing, and that of no process is an error") {
    const auto use = process_use(::getpid());
    REQUIRE(use);
    CHECK(use->memory.private_bytes > 0);
    CHECK(!process_use(-1));
}

}  // namespace bulkhead::engine
