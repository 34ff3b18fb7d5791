// Every way in which a VM ends, and what the host is told.
#include <sys/wait.h>

#include <csignal>

#include <catch2/catch.hpp>

#include "tests/integration/vmm/initramfs.h"
#include "tests/integration/vmm/raw_guest.h"
#include "tests/integration/vmm/vm.h"

namespace bulkhead::test {
namespace {

VmOptions linux_guest(const std::string& script) {
    VmOptions options;
    options.initrd = Initramfs(script).make();
    return options;
}

VmOptions raw(std::initializer_list<std::uint8_t> code) {
    VmOptions options;
    options.kernel = raw_guest(code);
    options.memory_mib = 32;
    return options;
}

// Runs to its end and gives what the host was told.
wire::Ended end_of(VmOptions options) {
    Vm vm(std::move(options));
    const wire::Ended ended = vm.wait_ended();
    CHECK(vm.wait_exit() == 0);
    UNSCOPED_INFO("console:\n" << vm.console());
    return ended;
}

TEST_CASE("a kernel that panics is a panic, with the kernel's message") {
    const wire::Ended ended = end_of(linux_guest("echo c >/proc/sysrq-trigger"));
    CHECK(ended.reason() == wire::END_REASON_GUEST_PANIC);
    CHECK(ended.detail() == "Kernel panic - not syncing: sysrq triggered crash");
}

TEST_CASE("an init that dies is a panic") {
    const wire::Ended ended = end_of(linux_guest("exit 3"));
    CHECK(ended.reason() == wire::END_REASON_GUEST_PANIC);
    CHECK_THAT(ended.detail(), Catch::Contains("Attempted to kill init"));
}

TEST_CASE("a panic before the console's driver is up is seen all the same") {
    VmOptions options;
    options.arguments = "quiet mem=1M";
    options.initrd = Initramfs("true").make();
    CHECK(end_of(std::move(options)).reason() == wire::END_REASON_GUEST_PANIC);
}

TEST_CASE("a kernel without a root file system is a panic") {
    VmOptions options;
    const wire::Ended ended = end_of(std::move(options));
    CHECK(ended.reason() == wire::END_REASON_GUEST_PANIC);
    CHECK_THAT(ended.detail(), Catch::Contains("VFS: Unable to mount root fs"));
}

TEST_CASE("a triple fault is told as such") {
    // ud2, with an interrupt table of zeros
    CHECK(end_of(raw({0x0f, 0x0b})).reason() == wire::END_REASON_TRIPLE_FAULT);
}

TEST_CASE("code that KVM cannot emulate is an internal error that says where") {
    // mov eax, 0xd0100000; jmp eax: no device, no memory
    const wire::Ended ended = end_of(raw({0xb8, 0x00, 0x00, 0x10, 0xd0, 0xff, 0xe0}));
    CHECK(ended.reason() == wire::END_REASON_INTERNAL_ERROR);
    CHECK_THAT(ended.detail(),
               Catch::StartsWith("KVM internal error") && Catch::Contains("rip=0xd0100000"));
}

TEST_CASE("ports and addresses that nobody answers read as ones") {
    // in al, 0x99; mov dx, 0x3f8; out dx, al; mov al, [0xd0200000]; out dx, al;
    // mov al, 0xfe; out 0x64, al; jmp $
    VmOptions options = raw({0xe4, 0x99, 0x66, 0xba, 0xf8, 0x03, 0xee, 0xa0, 0x00, 0x00, 0x20, 0xd0,
                             0xee, 0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfe});
    Vm vm(std::move(options));
    CHECK(vm.wait_ended().reason() == wire::END_REASON_GUEST_RESET);
    CHECK(vm.wait_exit() == 0);
    CHECK(vm.console() == "\xff\xff");
}

TEST_CASE("the host stops a guest that never leaves its vCPU") {
    Vm vm(raw({0xeb, 0xfe}));  // jmp $, interrupts off
    static_cast<void>(vm.wait_started());
    vm.stop();
    CHECK(vm.wait_ended().reason() == wire::END_REASON_STOPPED);
    CHECK(vm.wait_exit() == 0);
}

TEST_CASE("the host stops a guest with 32 vCPUs") {
    VmOptions options = linux_guest("echo up; while true; do sleep 1; done");
    options.vcpus = 32;
    options.memory_mib = 512;
    Vm vm(std::move(options));
    vm.wait_for_console("up\n");
    vm.stop();
    CHECK(vm.wait_ended().reason() == wire::END_REASON_STOPPED);
    CHECK(vm.wait_exit() == 0);
}

// Each of these writes waits for the loop thread, which is the one that stops the vCPU.
TEST_CASE("the host stops a guest that keeps resetting a device") {
    // L: mov dword [0xd0000070], 0; mov dword [0xd0000070], 1; jmp L
    Vm vm(raw({0xc7, 0x05, 0x70, 0x00, 0x00, 0xd0, 0x00, 0x00, 0x00, 0x00, 0xc7,
               0x05, 0x70, 0x00, 0x00, 0xd0, 0x01, 0x00, 0x00, 0x00, 0xeb, 0xea}));
    static_cast<void>(vm.wait_started());
    vm.stop();
    CHECK(vm.wait_ended().reason() == wire::END_REASON_STOPPED);
    CHECK(vm.wait_exit() == 0);
}

TEST_CASE("a guest that floods the console loses bytes, and nobody waits") {
    // mov dx, 0x3f8; mov al, 'x'; mov ecx, 150000; L: out dx, al; loop L;
    // mov al, 0xfe; out 0x64, al; jmp $
    constexpr std::size_t kFlood = 150'000;
    Vm vm(raw({0x66, 0xba, 0xf8, 0x03, 0xb0, 0x78, 0xb9, 0xf0, 0x49, 0x02,
               0x00, 0xee, 0xe2, 0xfd, 0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfe}));
    vm.pause_console(true);
    const wire::Ended ended = vm.wait_ended();
    CHECK(ended.reason() == wire::END_REASON_GUEST_RESET);
    CHECK(ended.console_bytes_dropped() > 0);
    vm.pause_console(false);
    CHECK(vm.wait_exit() == 0);
    CHECK(vm.console().size() + ended.console_bytes_dropped() == kFlood);
}

TEST_CASE("a host that closes the control socket ends the VM") {
    Vm vm(linux_guest("echo up; while true; do sleep 1; done"));
    vm.wait_for_console("up\n");
    vm.close_control();
    CHECK(vm.wait_exit() == 0);
}

TEST_CASE("a VMM that is killed leaves a closed socket and console") {
    Vm vm(linux_guest("echo up; while true; do sleep 1; done"));
    vm.wait_for_console("up\n");
    ::kill(vm.pid(), SIGKILL);
    const int status = vm.wait_exit();
    CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
}

}  // namespace
}  // namespace bulkhead::test
