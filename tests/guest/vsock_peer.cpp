// A guest program for the monitor's tests: one vsock stream that sends back all it receives.
//
//   vsock_peer connect PORT   to the host
//   vsock_peer redial PORT    the same, and again each time that the stream breaks
//   vsock_peer listen PORT    for one connection
#include <linux/vm_sockets.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

int fail(const char* what) {
    std::perror(what);
    return 1;
}

int echo(int stream) {
    std::array<char, 64 * 1024> buffer{};
    while (true) {
        const ssize_t count = ::read(stream, buffer.data(), buffer.size());
        if (count < 0) return fail("read");
        if (count == 0) return 0;
        for (ssize_t at = 0; at < count;) {
            const ssize_t sent =
                ::write(stream, buffer.data() + at, static_cast<std::size_t>(count - at));
            if (sent < 0) return fail("write");
            at += sent;
        }
    }
}

struct Address {
    Address(unsigned cid, unsigned port) {
        name.svm_family = AF_VSOCK;
        name.svm_cid = cid;
        name.svm_port = port;
    }

    // SAFETY: the way that sockets take addresses.
    [[nodiscard]] const sockaddr* generic() const {
        return reinterpret_cast<const sockaddr*>(&name);
    }

    sockaddr_vm name{};
};

int call_host(unsigned port) {
    const int socket = ::socket(AF_VSOCK, SOCK_STREAM, 0);
    if (socket < 0) return fail("socket");
    const Address host(VMADDR_CID_HOST, port);
    if (::connect(socket, host.generic(), sizeof(host.name)) != 0) return fail("connect");
    const int result = echo(socket);
    ::close(socket);
    return result;
}

int answer(unsigned port) {
    const int socket = ::socket(AF_VSOCK, SOCK_STREAM, 0);
    if (socket < 0) return fail("socket");
    const Address any(VMADDR_CID_ANY, port);
    if (::bind(socket, any.generic(), sizeof(any.name)) != 0) return fail("bind");
    if (::listen(socket, 1) != 0) return fail("listen");
    std::puts("listening");
    std::fflush(stdout);
    const int stream = ::accept(socket, nullptr, nullptr);
    return stream < 0 ? fail("accept") : echo(stream);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const auto port = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
    if (std::strcmp(argv[1], "listen") == 0) return answer(port);
    const bool redials = std::strcmp(argv[1], "redial") == 0;
    int result = call_host(port);
    while (redials && result != 0) result = call_host(port);
    return result;
}
