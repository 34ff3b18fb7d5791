#include "base/page_runs.h"

#include <catch2/catch.hpp>

namespace bulkhead {
namespace {

using Runs = std::vector<PageRun>;
using Pairs = std::vector<std::uint64_t>;

constexpr std::uint64_t kEnd = 5000;

bool is_refused(const Pairs& pairs, std::uint64_t end = kEnd) {
    return !runs_from_pairs(pairs, end).ok();
}

TEST_CASE("the bits of pages that lie one behind another are one run, over words and bitmaps") {
    Runs runs;
    CHECK(append_runs(Pairs{0b1011, std::uint64_t{1} << 63U}, 0, runs));
    CHECK(append_runs(Pairs{1, 0b10}, 128, runs));
    CHECK(runs == Runs{{0, 2}, {3, 1}, {127, 2}, {193, 1}});
    CHECK(pages_of(runs) == 6);
    CHECK(append_runs({}, 1000, runs));
    CHECK(append_runs(Pairs{0, 0}, 1000, runs));
    CHECK(runs.size() == 4);
    Runs full;
    CHECK(append_runs(Pairs{~std::uint64_t{0}, ~std::uint64_t{0}}, 7, full));
    CHECK(full == Runs{{7, 128}});
}

TEST_CASE("runs are the same after they were sent as pairs") {
    const Runs runs{{0, 2}, {3, 1}, {127, 2}, {4999, 1}};
    CHECK(to_pairs(runs) == Pairs{0, 2, 3, 1, 127, 2, 4999, 1});
    CHECK(runs_from_pairs(to_pairs(runs), kEnd).value() == runs);
    CHECK(runs_from_pairs({}, 0).value().empty());
}

TEST_CASE("pairs that are no runs of the memory's pages are refused") {
    CHECK(is_refused({1}));
    CHECK(is_refused({1, 2, 3}));
    CHECK(is_refused({1, 0}));
    CHECK(is_refused({5, 1, 4, 1}));
    CHECK(is_refused({5, 2, 6, 1}));
    CHECK(is_refused({4999, 2}));
    CHECK(is_refused({5000, 1}));
    CHECK(is_refused({~std::uint64_t{0}, 1}));
    CHECK(is_refused({1, ~std::uint64_t{0}}));
    CHECK(is_refused({0, 1}, 0));
    // One behind another, as a restrained monitor would not say it, but possible.
    CHECK_FALSE(is_refused({5, 1, 6, 1}));
}

TEST_CASE("no more pages than a clone may be made to copy") {
    CHECK_FALSE(is_refused({0, kMostPagesOfRuns}));
    CHECK(is_refused({0, kMostPagesOfRuns + 1}));
    CHECK(is_refused({0, kMostPagesOfRuns, 2000, 1}));
    // A guest that writes to every other page of a large memory does not make us remember them all.
    constexpr std::uint64_t kEveryOther = 0x5555555555555555;
    Runs runs;
    CHECK(append_runs(Pairs(kMostPagesOfRuns / 32 - 1, kEveryOther), 0, runs));
    CHECK(append_runs(Pairs(1, kEveryOther), 100000, runs));
    CHECK(pages_of(runs) == kMostPagesOfRuns);
    CHECK_FALSE(append_runs(Pairs(1, 1), 200000, runs));
    CHECK_FALSE(append_runs(Pairs(1 << 16, kEveryOther), 300000, runs));
    CHECK(runs.size() == kMostPagesOfRuns);
}

}  // namespace
}  // namespace bulkhead
