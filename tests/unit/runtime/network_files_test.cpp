#include "host/runtime/network_files.h"

#include <catch2/catch.hpp>

namespace bulkhead::runtime {

TEST_CASE("host entries are docker's --add-host") {
    CHECK(parse_host_entry("db:10.0.0.1")->address == "10.0.0.1");
    CHECK(parse_host_entry("db=10.0.0.1")->name == "db");
    CHECK(parse_host_entry("six:2001:db8::1")->address == "2001:db8::1");
    CHECK(parse_host_entry("six:[::1]")->address == "::1");
    for (const char* text : {"db", ":1.2.3.4", "a b:1.2.3.4", "db:", "db:1.2.3", "db:host",
                             "-x:1.2.3.4", "db:host-gateway", "db:1.2.3.4\nevil"}) {
        INFO(text);
        CHECK_FALSE(parse_host_entry(text));
    }
}

TEST_CASE("the files of names") {
    CHECK(hosts_file("box") ==
          "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\tbox\n");
    CHECK(hosts_file("box", "example", {{"db", "10.0.0.1"}}) ==
          "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n10.0.0.1\tdb\n"
          "127.0.1.1\tbox.example box\n");
    CHECK(resolver_file().front() == '#');
    CHECK(resolver_file({{"1.1.1.1", "::1"}, {"a.example", "b"}, {"ndots:2"}}) ==
          "nameserver 1.1.1.1\nnameserver ::1\nsearch a.example b\noptions ndots:2\n");
    CHECK(resolver_file({{"1.1.1.1"}, {"."}, {}}) == "nameserver 1.1.1.1\n");
    CHECK(*parse_search_domain("example.org.") == "example.org");
    CHECK(*parse_search_domain(".") == ".");
    CHECK_FALSE(parse_search_domain("a b"));
    CHECK_FALSE(parse_search_domain(""));
    CHECK_FALSE(parse_address("localhost"));
}

}  // namespace bulkhead::runtime
