#include "guest-agent/network/loopback.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include <net/if.h>

#include "base/unique_fd.h"

namespace bulkhead::agent {

Result<void> loopback_up() {
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return errno_error("loopback: socket");
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0)
        return errno_error("loopback: reading flags");
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0)
        return errno_error("loopback: setting it up");
    return {};
}

}  // namespace bulkhead::agent
