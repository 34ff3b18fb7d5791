#include "host/runtime/mount_flag.h"

#include <catch2/catch.hpp>

namespace bulkhead::runtime {

TEST_CASE("--mount makes a tmpfs") {
    const Tmpfs tmpfs =
        *parse_mount("type=tmpfs,destination=/run/../srv,tmpfs-size=1m,tmpfs-mode=1770,ro");
    CHECK(tmpfs.destination == "/srv");
    CHECK(tmpfs.options ==
          std::vector<std::string>{"nosuid", "nodev", "noexec", "size=1048576", "mode=1770", "ro"});
    CHECK(parse_mount("type=tmpfs,dst=/x,readonly=false")->options.size() == 3);
}

TEST_CASE("every other --mount is refused with its reason") {
    CHECK(parse_mount("type=bind,src=/a,dst=/b").error().message().find("not supported") !=
          std::string::npos);
    CHECK(parse_mount("src=a,dst=/b").error().message().find("type=volume") != std::string::npos);
    for (const char* text :
         {"", "type=tmpfs", "type=tmpfs,dst=/", "type=tmpfs,dst=x", "type=tmpfs,dst=/x,src=/y",
          "type=tmpfs,dst=/x,colour=red", "type=tmpfs,dst=/x,tmpfs-mode=9",
          "type=tmpfs,dst=/x,tmpfs-size=much", "type=tmpfs,dst=/x,word", "type=tmpfs,dst=/x,ro=2",
          "type=npipe,dst=/x"}) {
        INFO(text);
        CHECK_FALSE(parse_mount(text));
    }
}

}  // namespace bulkhead::runtime
