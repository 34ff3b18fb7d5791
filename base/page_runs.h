// PageRun: pages of a guest's memory that lie one behind another; several runs, as they are sent
// and stored. Whoever reads them trusts nobody. Thread: any.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace bulkhead {

inline constexpr std::uint64_t kPageBytes = 4096;

// Of all runs together. Each costs a machine that goes on from there its own copy.
inline constexpr std::uint64_t kMostPagesOfRuns = 1024;

struct PageRun {
    std::uint64_t first = 0;  // a page's number
    std::uint64_t count = 0;

    friend bool operator==(const PageRun&, const PageRun&) = default;
};

// Of a bitmap, the lowest bit of a word first, whose first page is number `first`. Appends to
// `runs`. False when they would be too many, and then it stops: a guest says how many.
[[nodiscard]] bool append_runs(std::span<const std::uint64_t> bits, std::uint64_t first,
                               std::vector<PageRun>& runs);

[[nodiscard]] std::uint64_t pages_of(std::span<const PageRun> runs);

// As pairs of numbers, first and count.
std::vector<std::uint64_t> to_pairs(std::span<const PageRun> runs);

// An error unless they are in order, apart, not empty, not too many, and below page `end`.
Result<std::vector<PageRun>> runs_from_pairs(std::span<const std::uint64_t> pairs,
                                             std::uint64_t end);

}  // namespace bulkhead
