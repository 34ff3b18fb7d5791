// What the test tells the program in the jail, and what it answers, on descriptor 3. Thread: any.
#pragma once

#include <cstdint>

namespace bulkhead::test {

enum class Errand : std::uint32_t { Act, FailedCheck, Fault };

struct Order {
    Errand errand{};
    std::uint32_t act = 0;   // index into all_acts()
    std::uint32_t role = 0;  // lockdown::Role
    // Everything but the filter, to see which other layer refuses.
    bool without_filter = false;
};

struct Answer {
    std::int32_t error = 0;  // 0: the act was possible
};

}  // namespace bulkhead::test
