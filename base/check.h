// BULKHEAD_CHECK (Catch2 owns the short name): for what can only be false through a bug of ours.
// Never for what a guest, an image, a user or the host's state can cause.
#pragma once

namespace bulkhead {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace bulkhead

#define BULKHEAD_CHECK(condition)                                     \
    do {                                                              \
        if (!(condition)) {                                           \
            ::bulkhead::check_failed(#condition, __FILE__, __LINE__); \
        }                                                             \
    } while (false)
