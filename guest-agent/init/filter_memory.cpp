#include "guest-agent/init/filter_memory.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>

namespace bulkhead::agent {

Result<UniqueFd> keep_filter_memory() {
    UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return errno_error("socket");
    std::array<sock_filter, 1> code = {{BPF_STMT(BPF_RET | BPF_K, 0)}};
    const sock_fprog filter{.len = code.size(), .filter = code.data()};
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) != 0)
        return errno_error("attaching a filter");
    return socket;
}

}  // namespace bulkhead::agent
