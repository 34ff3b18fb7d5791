// A guest kernel that is the monitor's enemy: each of its acts, on a monitor of its own. Prints the
// table of what came of them, which docs/hostile-guest.md must have.
//
// BULKHEAD_HOSTILE_ACTS, names with spaces between them, runs only those, without a look at the
// documentation.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/integration/hostile/performance.h"
#include "tests/integration/jail/documented.h"

namespace bulkhead::test {
namespace {

std::vector<std::string> chosen_acts() {
    const char* chosen = std::getenv("BULKHEAD_HOSTILE_ACTS");
    if (chosen == nullptr) return all_acts();
    std::istringstream words(chosen);
    return {std::istream_iterator<std::string>(words), {}};
}

std::string outcome_of(const std::string& act) {
    try {
        return perform(act);
    } catch (const Catch::TestFailureException&) {
        return "FAILED";  // noted already; the others are of interest all the same
    }
}

TEST_CASE("the monitor stands every act of a hostile guest") {
    std::vector<std::string> rows{"| act | what comes of it |", "| --- | --- |"};
    const auto acts = chosen_acts();
    CHECK(acts.size() > 0);
    for (const std::string& act : acts) {
        rows.push_back("| " + act + " | " + outcome_of(act) + " |");
        std::cout << rows.back() << std::endl;
    }
    if (std::getenv("BULKHEAD_HOSTILE_ACTS") != nullptr) return;
    std::ifstream file(HOSTILE_DOCUMENT);
    const std::string documentation{std::istreambuf_iterator<char>(file), {}};
    CHECK(is_documented(documentation, "hostile-guest", rows));
}

}  // namespace
}  // namespace bulkhead::test
