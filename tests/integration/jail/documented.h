// Tables that a test finds out and the documentation shows: between the lines `<!-- NAME -->` and
// `<!-- /NAME -->`. Thread: any.
#pragma once

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace bulkhead::test {

// Whether `documentation` has exactly these lines there; says so when it has not.
inline bool is_documented(std::string_view documentation, const std::string& name,
                          const std::vector<std::string>& rows) {
    std::string wanted = "<!-- " + name + " -->\n";
    for (const auto& row : rows) wanted += row + "\n";
    wanted += "<!-- /" + name + " -->\n";
    if (documentation.find(wanted) != std::string_view::npos) return true;
    std::cout << "The documentation has another table \"" << name << "\" than this:\n" << wanted;
    return false;
}

}  // namespace bulkhead::test
