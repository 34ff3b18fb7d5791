#include "base/cpu_weight.h"

#include <algorithm>

namespace bulkhead {

std::uint64_t cpu_weight_from_shares(std::uint64_t shares) {
    const std::uint64_t bounded = std::clamp<std::uint64_t>(shares, 2, 262'144);
    return 1 + ((bounded - 2) * 9999) / 262'142;
}

}  // namespace bulkhead
