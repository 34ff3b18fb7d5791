// Each device of the machine, used by the guest kernel's own driver.
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <numeric>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/integration/vmm/initramfs.h"
#include "tests/integration/vmm/vm.h"

namespace bulkhead::test {
namespace {

constexpr std::size_t kMiB = 1 << 20;

UniqueFd file_of(const std::string& content) {
    UniqueFd file(::memfd_create("disk", MFD_CLOEXEC));
    REQUIRE(pwrite_full(file.get(), std::as_bytes(std::span(content)), 0));
    return file;
}

std::string content_of(const UniqueFd& file) {
    std::string content(file_size(file.get()).value(), '\0');
    REQUIRE(pread_full(file.get(), std::as_writable_bytes(std::span(content)), 0));
    return content;
}

std::string sector(char letter) {
    return std::string(512, letter);
}

VmOptions with_script(const std::string& script) {
    VmOptions options;
    options.initrd = Initramfs(script).make();
    return options;
}

TEST_CASE("a stitched read-only disk and a writable one") {
    const UniqueFd first = file_of(sector('a') + sector('b'));
    const UniqueFd second = file_of(sector('c'));
    const UniqueFd writable = file_of(std::string(kMiB, '\0'));
    VmOptions options = with_script(
        "cat /sys/block/vda/serial; echo; cat /sys/block/vdb/serial; echo;"
        "dd if=/dev/vda bs=512 2>/dev/null | tr -s a-c; echo;"
        "echo no | dd of=/dev/vda conv=sync 2>/dev/null && echo written to a read-only disk;"
        "yes data | head -c 1048576 >/dev/vdb; sync;"
        "echo 3 >/proc/sys/vm/drop_caches; head -c 5 /dev/vdb");
    options.disks = {
        {"lower", true, {{second.get(), 0, 512}, {first.get(), 512, 512}, {second.get(), 0, 512}}},
        {"upper", false, {{writable.get(), 0, kMiB}}},
    };
    Vm vm(std::move(options));
    CHECK(vm.wait_ended().reason() == wire::END_REASON_GUEST_RESET);
    CHECK(vm.wait_exit() == 0);
    CHECK_THAT(vm.console(), Catch::StartsWith("lower\nupper\ncbc\ndata\n"));
    CHECK(content_of(first) == sector('a') + sector('b'));
    CHECK(content_of(second) == sector('c'));
    const std::string written = content_of(writable);
    CHECK(written.starts_with("data\ndata\n"));
    CHECK(written.find('\0') == std::string::npos);
}

TEST_CASE("random bytes and memory that comes back") {
    // MemFree shrinks by what the balloon holds; MemTotal does not, since the balloon gives way
    // before the guest runs out.
    Vm vm(
        with_script("dd if=/dev/hwrng bs=16 count=4 2>/dev/null | wc -c;"
                    "free() { awk '/MemFree/ {print $2}' /proc/meminfo; };"
                    "before=$(free); echo ready;"
                    "while [ $(($before - $(free))) -lt 8000 ]; do sleep 0.05; done; echo shrunk"));
    vm.wait_for_console("ready\n");
    wire::HostMessage message;
    message.mutable_set_balloon()->set_bytes(16 * kMiB);
    vm.send(message);
    CHECK(vm.wait_ended().reason() == wire::END_REASON_GUEST_RESET);
    CHECK(vm.wait_exit() == 0);
    CHECK_THAT(vm.console(), Catch::StartsWith("64\nready\nshrunk\n"));
}

// Sends `text`, half-closes, and gives what comes back until the other side closes.
std::string exchange(const UniqueFd& stream, const std::string& text) {
    REQUIRE(write_full(stream.get(), std::as_bytes(std::span(text))));
    REQUIRE(::shutdown(stream.get(), SHUT_WR) == 0);
    std::string answer(text.size() + 1, '\0');
    const auto count = read_full(stream.get(), std::as_writable_bytes(std::span(answer)));
    REQUIRE(count);
    answer.resize(*count);
    return answer;
}

TEST_CASE("streams that the guest opens and that the host opens") {
    Initramfs initramfs("vsock_peer connect 1234 && echo done; vsock_peer listen 80 && echo done");
    initramfs.add_program("vsock_peer", environment("BULKHEAD_VSOCK_PEER"));
    VmOptions options;
    options.initrd = initramfs.make();
    Vm vm(std::move(options));

    const auto [port, stream] = vm.wait_stream();
    CHECK(port == 1234);
    CHECK(exchange(stream, "hello from the host") == "hello from the host");

    vm.wait_for_console("listening\n");
    const UniqueFd opened = vm.open_stream(80);
    CHECK(exchange(opened, "hello again") == "hello again");

    // Nobody listens there: the stream is refused.
    const UniqueFd refused = vm.open_stream(81);
    std::byte byte{};
    const auto count = read_full(refused.get(), std::span(&byte, 1));
    CHECK((!count || *count == 0));

    CHECK(vm.wait_ended().reason() == wire::END_REASON_GUEST_RESET);
    CHECK(vm.wait_exit() == 0);
    CHECK(vm.console().find("done\n") != vm.console().rfind("done\n"));
}

}  // namespace
}  // namespace bulkhead::test
