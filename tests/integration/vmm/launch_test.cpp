// What the program says to a launch that it cannot do. No guest runs, but /dev/kvm is needed.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/integration/vmm/raw_guest.h"
#include "tests/integration/vmm/vm.h"

namespace bulkhead::test {
namespace {

// The detail of the failure with which a launch ends.
std::string failure_of(VmOptions options) {
    Vm vm(std::move(options));
    const wire::Ended ended = vm.wait_ended();
    CHECK(ended.reason() == wire::END_REASON_LAUNCH_FAILED);
    CHECK(vm.wait_exit() == 0);
    return ended.detail();
}

UniqueFd small_file() {
    UniqueFd file(::memfd_create("file", MFD_CLOEXEC));
    REQUIRE(pwrite_full(file.get(), std::as_bytes(std::span("#!/bin/sh\n")), 0));
    return file;
}

VmOptions raw() {
    VmOptions options;
    options.kernel = raw_guest({0xeb, 0xfe});
    return options;
}

TEST_CASE("a kernel that is none") {
    VmOptions options;
    options.kernel = small_file();
    CHECK_THAT(failure_of(std::move(options)), Catch::StartsWith("kernel: "));
}

TEST_CASE("memory that is too small for the kernel") {
    VmOptions options;
    options.memory_mib = 16;
    CHECK_THAT(failure_of(std::move(options)), Catch::Contains("bytes of memory; whole MiB"));
}

TEST_CASE("an initial RAM disk that does not fit") {
    VmOptions options = raw();
    options.memory_mib = 32;
    options.initrd = UniqueFd(::memfd_create("initrd", MFD_CLOEXEC));
    REQUIRE(::ftruncate(options.initrd.get(), 64 << 20) == 0);
    CHECK_THAT(failure_of(std::move(options)), Catch::StartsWith("initial RAM disk: "));
}

TEST_CASE("a command line that is too long or not printable") {
    VmOptions options = raw();
    options.arguments = std::string(2048, 'x');
    CHECK_THAT(failure_of(std::move(options)), Catch::Contains("would exceed 2047 bytes"));
    options = raw();
    options.arguments = "quiet\ninit=/bin/sh";
    CHECK_THAT(failure_of(std::move(options)), Catch::Contains("printable ASCII"));
}

TEST_CASE("a writable disk whose file is open for reading only") {
    auto file = open_file("/proc/self/exe", O_RDONLY);
    REQUIRE(file);
    VmOptions options = raw();
    options.disks = {{"upper", false, {{file->get(), 0, 512}}}};
    CHECK(failure_of(std::move(options)) ==
          "disk upper: a descriptor is not open for what the disk needs");
}

TEST_CASE("a disk that is no file") {
    auto pipe = make_pipe();
    REQUIRE(pipe);
    VmOptions options = raw();
    options.disks = {{"lower", true, {{pipe->first.get(), 0, 512}}}};
    CHECK(failure_of(std::move(options)) ==
          "disk lower: a descriptor is neither a regular file nor a block device");
}

TEST_CASE("noise in place of the launch message") {
    Vm vm;
    wire::HostMessage stop;
    stop.mutable_stop();
    vm.send(stop);
    const wire::Ended ended = vm.wait_ended();
    CHECK(ended.reason() == wire::END_REASON_LAUNCH_FAILED);
    CHECK(ended.detail() == "launch message: the first packet is not a Launch");
    CHECK(vm.wait_exit() == 0);
}

TEST_CASE("a host that goes before it says anything") {
    Vm vm;
    vm.close_control();
    const int status = vm.wait_exit();
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 1));
}

TEST_CASE("a second launch ends the VM") {
    Vm vm(raw());
    static_cast<void>(vm.wait_started());
    wire::HostMessage message;
    message.mutable_launch();
    vm.send(message);
    const wire::Ended ended = vm.wait_ended();
    CHECK(ended.reason() == wire::END_REASON_INTERNAL_ERROR);
    CHECK(ended.detail() == "the host sent a second Launch");
    CHECK(vm.wait_exit() == 0);
}

}  // namespace
}  // namespace bulkhead::test
