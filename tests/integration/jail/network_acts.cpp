// Sockets.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "tests/integration/jail/act.h"

namespace bulkhead::test {

namespace {

int make_socket(int family, int type) {
    return outcome(::syscall(SYS_socket, family, type, 0));
}

int connect_to_name() {
    const long socket = ::syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
    if (socket < 0) return errno;
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, "/run/docker.sock", sizeof("/run/docker.sock"));
    return outcome(::syscall(SYS_connect, socket, &name, sizeof(name)));
}

int make_network_pair() {
    std::array<int, 2> ends{};
    return outcome(::syscall(SYS_socketpair, AF_INET, SOCK_STREAM, 0, ends.data()));
}

}  // namespace

std::vector<Act> network_acts() {
    return {
        {"a TCP socket", [] { return make_socket(AF_INET, SOCK_STREAM); }, Second::MayNot},
        {"a UDP socket over IPv6", [] { return make_socket(AF_INET6, SOCK_DGRAM); },
         Second::MayNot},
        {"a raw socket", [] { return make_socket(AF_PACKET, SOCK_RAW); }},
        {"a netlink socket", [] { return make_socket(AF_NETLINK, SOCK_RAW); }, Second::MayNot},
        {"a vsock socket", [] { return make_socket(AF_VSOCK, SOCK_STREAM); }, Second::MayNot},
        {"connect to a socket file", connect_to_name},
        {"a pair of TCP sockets", make_network_pair},
        {"accept on what it was given", [] { return outcome(::syscall(SYS_accept4, 3, 0, 0, 0)); }},
    };
}

}  // namespace bulkhead::test
