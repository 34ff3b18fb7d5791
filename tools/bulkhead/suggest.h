// What somebody may have meant. Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bulkhead::cli {

// The candidate nearest to a word, if it is near: at most one error for each three letters. Empty
// if there is none.
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace bulkhead::cli
