#include "host/templates/host.h"

#include <catch2/catch.hpp>

namespace bulkhead::templates {

TEST_CASE("of a processor counts what it is, not what it does just now") {
    const std::string first =
        "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel\t\t: 6\nmicrocode\t: 0x1\n"
        "cpu MHz\t\t: 2000.1\nflags\t\t: fpu vme\nbogomips\t: 4000\n";
    const std::string text = processor_text(first + "\nprocessor\t: 1\nvendor_id\t: Other\n");
    CHECK(text ==
          "vendor_id\t: AuthenticAMD\nmodel\t\t: 6\nmicrocode\t: 0x1\nflags\t\t: fpu vme\n");
    CHECK(processor_text("").empty());
    CHECK(processor_text("Features\t: fp asimd") == "Features\t: fp asimd\n");
}

TEST_CASE("this host has a name for its kernel and a digest of its processor") {
    const auto host = this_host();
    REQUIRE(host);
    CHECK_FALSE(host->kernel.empty());
    CHECK(host->processor.size() == 64);
}

}  // namespace bulkhead::templates
