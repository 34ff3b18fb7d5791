#include "base/page_runs.h"

#include <bit>

#include "base/text.h"

namespace bulkhead {

namespace {

constexpr std::uint64_t kPagesPerWord = 64;

void append_page(std::uint64_t page, std::vector<PageRun>& runs) {
    if (!runs.empty() && runs.back().first + runs.back().count == page) {
        ++runs.back().count;
    } else {
        runs.push_back({page, 1});
    }
}

}  // namespace

bool append_runs(std::span<const std::uint64_t> bits, std::uint64_t first,
                 std::vector<PageRun>& runs) {
    std::uint64_t pages = pages_of(runs);
    for (std::size_t index = 0; index < bits.size(); ++index) {
        for (std::uint64_t word = bits[index]; word != 0; word &= word - 1) {
            if (++pages > kMostPagesOfRuns) return false;
            const auto bit = static_cast<std::uint64_t>(std::countr_zero(word));
            append_page(first + index * kPagesPerWord + bit, runs);
        }
    }
    return true;
}

std::uint64_t pages_of(std::span<const PageRun> runs) {
    std::uint64_t pages = 0;
    for (const PageRun& run : runs) pages += run.count;
    return pages;
}

std::vector<std::uint64_t> to_pairs(std::span<const PageRun> runs) {
    std::vector<std::uint64_t> pairs;
    pairs.reserve(2 * runs.size());
    for (const PageRun& run : runs) pairs.insert(pairs.end(), {run.first, run.count});
    return pairs;
}

Result<std::vector<PageRun>> runs_from_pairs(std::span<const std::uint64_t> pairs,
                                             std::uint64_t end) {
    if (pairs.size() % 2 != 0) return Error("half a run of pages");
    std::vector<PageRun> runs;
    std::uint64_t free_from = 0;
    std::uint64_t left = kMostPagesOfRuns;
    for (std::size_t index = 0; index < pairs.size(); index += 2) {
        const PageRun run{pairs[index], pairs[index + 1]};
        if (run.count == 0 || run.count > left)
            return Error(concat("a run of ", run.count, " pages, or more than ", kMostPagesOfRuns,
                                " in all"));
        if (run.first < free_from || run.first >= end || run.count > end - run.first)
            return Error(concat("a run of ", run.count, " pages from ", run.first,
                                " that is out of order or of the memory's ", end, " pages"));
        left -= run.count;
        free_from = run.first + run.count;
        runs.push_back(run);
    }
    return runs;
}

}  // namespace bulkhead
