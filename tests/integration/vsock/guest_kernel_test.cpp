// Much data, small pieces and a slow reader, with Linux as the guest.
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <random>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "tests/integration/vmm/initramfs.h"
#include "tests/integration/vmm/vm.h"

namespace bulkhead::test {
namespace {

VmOptions with_peer(std::string_view script) {
    Initramfs initramfs(script);
    initramfs.add_program("vsock_peer", environment("BULKHEAD_VSOCK_PEER"));
    VmOptions options;
    options.initrd = initramfs.make();
    return options;
}

std::string noise(std::size_t size) {
    std::mt19937_64 random(size);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

// Reads what is there; false at the end of the stream.
bool read_some(int socket, std::string& into) {
    std::array<char, 64 * 1024> buffer{};
    const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0) into.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0 || (count < 0 && errno == EAGAIN);
}

// Writes `sent` as fast as the stream takes it, half-closes, and gives all that comes back.
std::string echo(int socket, std::string_view sent) {
    std::string got;
    bool open = true;
    if (sent.empty()) ::shutdown(socket, SHUT_WR);
    while (open) {
        pollfd ready{.fd = socket, .events = POLLIN, .revents = 0};
        if (!sent.empty()) ready.events |= POLLOUT;
        REQUIRE(::poll(&ready, 1, -1) == 1);
        if ((ready.revents & POLLOUT) != 0) {
            const ssize_t count = ::send(socket, sent.data(), sent.size(), MSG_DONTWAIT);
            if (count > 0) sent.remove_prefix(static_cast<std::size_t>(count));
            if (sent.empty()) ::shutdown(socket, SHUT_WR);
        }
        open = read_some(socket, got);
    }
    return got;
}

TEST_CASE("32 MiB go to a guest and come back whole") {
    Vm vm(with_peer("vsock_peer connect 1234 && echo done"));
    const UniqueFd stream = vm.wait_stream().second;
    const std::string sent = noise(std::size_t{32} << 20);
    CHECK(echo(stream.get(), sent) == sent);
    CHECK(vm.wait_ended().reason() == wire::END_REASON_GUEST_RESET);
    CHECK_THAT(vm.console(), Catch::StartsWith("done\n"));
}

// Linux 6.12.94 resets such a stream when the host only looks at credit.
TEST_CASE("a guest that does not read thousands of small pieces loses none of them") {
    Vm vm(
        with_peer("vsock_peer connect 1234 & peer=$!; sleep 1; kill -STOP $peer; echo stopped;"
                  "sleep 5; kill -CONT $peer; wait $peer && echo done"));
    const UniqueFd stream = vm.wait_stream().second;
    vm.wait_for_console("stopped\n");
    const std::string sent = noise(9 * 3000);
    for (std::size_t at = 0; at < sent.size(); at += 9) {
        // One packet for each, while the guest's buffer takes them.
        if (at < std::size_t{9} * 600) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        REQUIRE(::send(stream.get(), sent.data() + at, 9, MSG_NOSIGNAL) == 9);
    }
    CHECK(echo(stream.get(), {}) == sent);
    CHECK(vm.wait_ended().reason() == wire::END_REASON_GUEST_RESET);
    CHECK_THAT(vm.console(), Catch::StartsWith("stopped\ndone\n"));
}

}  // namespace
}  // namespace bulkhead::test
