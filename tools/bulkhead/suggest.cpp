#include "tools/bulkhead/suggest.h"

#include <algorithm>
#include <numeric>

namespace bulkhead::cli {

namespace {

// Insertions, deletions, replacements and swaps of neighbours that turn one into the other (optimal
// string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = above[j] + (a[i] == b[j] ? 0 : 1);
            row[j + 1] = std::min({replaced, row[j] + 1, above[j + 1] + 1});
            if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j])
                row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
        }
        before.swap(above);
        above.swap(row);
    }
    return above.back();
}

}  // namespace

std::string suggest(std::string_view word, const std::vector<std::string>& candidates) {
    constexpr std::size_t kLongestWord = 64;
    if (word.size() > kLongestWord) return "";
    std::string best;
    std::size_t best_distance = (word.size() + 2) / 3 + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t found = distance(word, candidate);
        if (found < best_distance) {
            best_distance = found;
            best = candidate;
        }
    }
    return best;
}

}  // namespace bulkhead::cli
