#include "base/text.h"

#include <array>
#include <cstdio>

namespace bulkhead {

std::string hex(std::uint64_t value) {
    std::array<char, 24> buffer{};
    static_cast<void>(std::snprintf(buffer.data(), buffer.size(), "0x%llx",
                                    static_cast<unsigned long long>(value)));
    return buffer.data();
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (amount >= 1024.0 && unit + 1 < kUnits.size()) {
        amount /= 1024.0;
        ++unit;
    }
    std::array<char, 32> buffer{};
    const bool whole = amount == static_cast<double>(static_cast<std::uint64_t>(amount));
    static_cast<void>(std::snprintf(buffer.data(), buffer.size(), "%.*f %s", whole ? 0 : 1, amount,
                                    kUnits.at(unit)));
    return buffer.data();
}

}  // namespace bulkhead
