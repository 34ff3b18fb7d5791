#include "base/thread_memory.h"

#include <malloc.h>
#include <pthread.h>

#include <cstddef>

namespace bulkhead {

Result<void> share_thread_memory() {
    constexpr std::size_t kStack = 1024 * 1024;
    ::mallopt(M_ARENA_MAX, 1);
    pthread_attr_t attributes{};
    int failure = ::pthread_attr_init(&attributes);
    if (failure == 0) failure = ::pthread_attr_setstacksize(&attributes, kStack);
    if (failure == 0) failure = ::pthread_setattr_default_np(&attributes);
    ::pthread_attr_destroy(&attributes);
    if (failure != 0) return errno_error(failure, "the stacks of threads");
    return {};
}

}  // namespace bulkhead
