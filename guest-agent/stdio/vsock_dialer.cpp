#include "guest-agent/stdio/vsock_dialer.h"

#include <linux/time_types.h>
#include <linux/vm_sockets.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/text.h"
#include "proto/ports.h"

namespace bulkhead::agent {
namespace {

// The host's monitor answers or refuses; on a host with too much to do it does so late, and how
// long that may take is for the host to say, which ends the machine. The kernel's own limit is 2 s.
constexpr __kernel_sock_timeval kPatience{.tv_sec = 86'400, .tv_usec = 0};

// Since Linux 6.12.92 the receiver drops what exceeds its buffer, counting a fixed overhead for
// each packet: with the default of 256 KiB some 455 tiny packets are enough. Memory is used only
// for what is queued.
constexpr std::uint64_t kBufferBytes = std::uint64_t{4} * 1024 * 1024;

Result<void> widen_buffer(int socket) {
    for (const int option : {SO_VM_SOCKETS_BUFFER_MAX_SIZE, SO_VM_SOCKETS_BUFFER_SIZE}) {
        if (::setsockopt(socket, AF_VSOCK, option, &kBufferBytes, sizeof(kBufferBytes)) != 0) {
            return errno_error("vsock: buffer size");
        }
    }
    return {};
}

Result<void> wait_long(int socket) {
    if (::setsockopt(socket, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW, &kPatience,
                     sizeof(kPatience)) != 0)
        return errno_error("vsock: connect timeout");
    return {};
}

Result<UniqueFd> start(std::uint32_t port) {
    UniqueFd socket(::socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid()) return errno_error("vsock: socket");
    TRY(widen_buffer(socket.get()));
    TRY(wait_long(socket.get()));
    sockaddr_vm address{};
    address.svm_family = AF_VSOCK;
    address.svm_cid = protocol::kHostCid;
    address.svm_port = port;
    // SAFETY: the sockets interface takes every address type as sockaddr.
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(socket.get(), generic, sizeof(address)) != 0 && errno != EINPROGRESS) {
        return errno_error(concat("vsock: dialling host port ", port));
    }
    return socket;
}

Result<void> wait_connected(int socket, std::uint32_t port) {
    pollfd waiting{.fd = socket, .events = POLLOUT, .revents = 0};
    int ready = 0;
    do {
        ready = ::poll(&waiting, 1, -1);
    } while (ready < 0 && errno == EINTR);
    const std::string what = concat("vsock: dialling host port ", port);
    if (ready < 0) return errno_error(what);
    int failed = 0;
    socklen_t size = sizeof(failed);
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &failed, &size) != 0) return errno_error(what);
    if (failed != 0) return errno_error(failed, what);
    return {};
}

}  // namespace

Result<std::vector<UniqueFd>> VsockDialer::dial(std::span<const std::uint32_t> ports) {
    std::vector<UniqueFd> streams;
    for (const std::uint32_t port : ports) {
        streams.push_back(port == 0 ? UniqueFd() : TRY(start(port)));
    }
    for (std::size_t i = 0; i < ports.size(); ++i) {
        if (streams[i].valid()) TRY(wait_connected(streams[i].get(), ports[i]));
    }
    return streams;
}

}  // namespace bulkhead::agent
