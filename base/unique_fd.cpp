#include "base/unique_fd.h"

#include <unistd.h>

namespace bulkhead {

void UniqueFd::reset(int fd) {
    const int old = std::exchange(fd_, fd);
    // close() is never retried: on Linux the descriptor is gone even after EINTR.
    if (old >= 0) ::close(old);
}

}  // namespace bulkhead
