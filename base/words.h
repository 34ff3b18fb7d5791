// words_of(): lists that are kept as one text, since hundreds of strings cost more to copy.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace bulkhead {

// What is between the spaces of `text`, which must outlive it.
[[nodiscard]] inline std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

}  // namespace bulkhead
