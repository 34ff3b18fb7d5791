#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace bulkhead {

void check_failed(const char* condition, const char* file, int line) {
    static_cast<void>(
        std::fprintf(stderr, "bulkhead: bug: %s is false at %s:%d\n", condition, file, line));
    std::abort();
}

}  // namespace bulkhead
