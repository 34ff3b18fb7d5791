// The time of day. Thread: any.
#pragma once

#include <cstdint>
#include <ctime>

namespace bulkhead {

// Nanoseconds since 1970.
inline std::int64_t realtime_ns() {
    constexpr std::int64_t kSecond = 1'000'000'000;
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * kSecond + now.tv_nsec;
}

}  // namespace bulkhead
