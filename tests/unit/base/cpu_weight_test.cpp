#include "base/cpu_weight.h"

#include <catch2/catch.hpp>

namespace bulkhead {

TEST_CASE("shares become a weight by the OCI conversion") {
    CHECK(cpu_weight_from_shares(2) == 1);
    CHECK(cpu_weight_from_shares(1024) == 39);
    CHECK(cpu_weight_from_shares(262'144) == 10'000);
    CHECK(cpu_weight_from_shares(0) == 1);
    CHECK(cpu_weight_from_shares(1'000'000'000) == 10'000);
}

}  // namespace bulkhead
