// A guest program for the monitor's tests: one vsock stream that sends back all it receives.
//
//   vsock_peer connect PORT   to the host
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

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const bool listening = std::strcmp(argv[1], "listen") == 0;
    const int socket = ::socket(AF_VSOCK, SOCK_STREAM, 0);
    if (socket < 0) return fail("socket");
    sockaddr_vm address{};
    address.svm_family = AF_VSOCK;
    address.svm_cid = listening ? VMADDR_CID_ANY : VMADDR_CID_HOST;
    address.svm_port = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
    // SAFETY: the way that sockets take addresses.
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (!listening) {
        if (::connect(socket, generic, sizeof(address)) != 0) return fail("connect");
        return echo(socket);
    }
    if (::bind(socket, generic, sizeof(address)) != 0) return fail("bind");
    if (::listen(socket, 1) != 0) return fail("listen");
    std::puts("listening");
    std::fflush(stdout);
    const int stream = ::accept(socket, nullptr, nullptr);
    return stream < 0 ? fail("accept") : echo(stream);
}
