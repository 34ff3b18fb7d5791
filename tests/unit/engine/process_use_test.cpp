#include "host/engine/process_use.h"

#include <unistd.h>

#include <catch2/catch.hpp>

namespace bulkhead::engine {

TEST_CASE("a guest's memory is told from its monitor's own") {
    const MemoryUse use = parse_memory_use(
        "7f00-7f10 rw-p 00000000 00:00 0\n"
        "Size:            1048576 kB\nRss:               70000 kB\nPrivate_Dirty:     70000 kB\n"
        "VmFlags: rd wr mr mw me dc dd nr\n"
        "7e00-7e10 rw-p 00200000 00:20 7 /templates/x/memory\n"
        "Size:               2048 kB\nRss:                 100 kB\nPrivate_Dirty:        60 kB\n"
        "VmFlags: rd wr mr mw me dc dd nr\n"
        "7d00-7d10 r--p 00000000 00:20 8\n"
        "Size:               2048 kB\nRss:                  10 kB\nPrivate_Clean:         1 kB\n"
        "VmFlags: rd mr mw me dc\n"
        "5500-5510 rw-p 00000000 00:00 0 [heap]\n"
        "Size:                500 kB\nRss:                 300 kB\nShared_Clean:        100 kB\n"
        "Private_Clean:        20 kB\nPrivate_Dirty:       180 kB\n"
        "VmFlags: rd wr mr mw me ac\n");
    CHECK(use.guest_bytes == 70100 * 1024);
    CHECK(use.private_bytes == 201 * 1024);
    CHECK(parse_memory_use("Rss: x\nnonsense\n\n").private_bytes == 0);
}

TEST_CASE("our own use is not nothing, and that of no process is an error") {
    const auto use = process_use(::getpid());
    REQUIRE(use);
    CHECK(use->memory.private_bytes > 0);
    CHECK(!process_use(-1));
}

}  // namespace bulkhead::engine
