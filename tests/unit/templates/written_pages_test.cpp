#include "host/templates/written_pages.h"

#include <catch2/catch.hpp>

namespace bulkhead::templates {
namespace {

using Runs = std::vector<PageRun>;

TEST_CASE("pages that are soon written are read as they were noted") {
    const Runs runs{{3, 2}, {9, 1}};
    CHECK(written_text(runs) == "[3,2,9,1]\n");
    CHECK(parse_written(written_text(runs), 10).value() == runs);
    CHECK(parse_written(written_text({}), 10).value().empty());
    const Runs most{{7, kMostPagesOfRuns}};
    CHECK(parse_written(written_text(most), 7 + kMostPagesOfRuns).value() == most);
}

TEST_CASE("a file that nobody has written to yet has none") {
    CHECK(parse_written("", 10).value().empty());
}

TEST_CASE("what no container can have written to is an error") {
    constexpr std::uint64_t kPages = 2 * kMostPagesOfRuns;
    CHECK_FALSE(parse_written(written_text(Runs{{0, kMostPagesOfRuns + 1}}), kPages));
    CHECK_FALSE(parse_written(written_text(Runs{{kPages, 1}}), kPages));
    for (const char* text : {"[3,2,9", "[3]", "[3,-2]", "[3,\"2\"]", "[3,0]", "{}", "7", "noise"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_written(text, kPages));
    }
}

TEST_CASE("a list of as many runs as there can be is not too long a file") {
    Runs runs;
    for (std::uint64_t page = 0; page < kMostPagesOfRuns; ++page)
        runs.push_back({(std::uint64_t{1} << 40U) + 2 * page, 1});
    CHECK(written_text(runs).size() <= kMostWrittenBytes);
}

}  // namespace
}  // namespace bulkhead::templates
