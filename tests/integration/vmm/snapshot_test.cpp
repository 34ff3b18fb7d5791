// A whole VM in two files, and machines that go on from them. docs/snapshot-format.md.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "tests/integration/vmm/initramfs.h"
#include "tests/integration/vmm/raw_guest.h"
#include "tests/integration/vmm/vm.h"

namespace bulkhead::test {
namespace {

UniqueFd memory_file(const char* name) {
    UniqueFd file(::memfd_create(name, MFD_CLOEXEC));
    REQUIRE(file.valid());
    return file;
}

struct Snapshot {
    UniqueFd state = memory_file("state");
    UniqueFd memory = memory_file("memory");

    [[nodiscard]] SavedFiles files() const { return {state.get(), memory.get()}; }
};

std::uint64_t bytes_on_disk(const UniqueFd& file) {
    struct stat status {};

    REQUIRE(::fstat(file.get(), &status) == 0);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

VmOptions guest(const std::string& script) {
    VmOptions options;
    Initramfs initramfs(script);
    initramfs.add_program("vsock_peer", environment("BULKHEAD_VSOCK_PEER"));
    options.initrd = initramfs.make();
    return options;
}

VmOptions restored(const Snapshot& snapshot) {
    VmOptions options;
    options.restore = snapshot.files();
    return options;
}

void check_echo(const UniqueFd& stream, const std::string& words) {
    REQUIRE(::write(stream.get(), words.data(), words.size()) ==
            static_cast<ssize_t>(words.size()));
    std::string answer(words.size(), '\0');
    const auto bytes = std::as_writable_bytes(std::span(answer));
    REQUIRE(read_full(stream.get(), bytes).value() == words.size());
    CHECK(answer == words);
}

// Does not depend on how fast the guest runs.
constexpr const char* kWork =
    "dd if=/dev/urandom of=/big bs=1M count=8 2>/dev/null; sum=$(md5sum </big); echo ready;"
    "i=0; while [ $i -lt 100000000 ]; do i=$((i+1));"
    "[ $((i % 500)) = 0 ] && { [ \"$(md5sum </big)\" = \"$sum\" ] || echo WRONG; echo n $i; };"
    "done";

TEST_CASE("a guest that is saved at its first stream opens it anew wherever it is restored") {
    VmOptions options = guest("echo before; vsock_peer connect 1234; echo after $?");
    options.pause_at_first_stream = true;
    const Snapshot snapshot;
    {
        Vm vm(std::move(options));
        vm.wait_paused();
        CHECK_THAT(vm.console(), Catch::Contains("before\n"));
        CHECK(vm.save(snapshot.files()).empty());
        // It still is what it was.
        vm.resume();
        auto [port, stream] = vm.wait_stream();
        CHECK(port == 1234);
        check_echo(stream, "the first");
        stream.reset();
        CHECK(vm.wait_ended().reason() == wire::END_REASON_GUEST_RESET);
        CHECK_THAT(vm.console(), Catch::Contains("after 0\n"));
    }
    CHECK(bytes_on_disk(snapshot.memory) < (std::uint64_t{96} << 20));
    for (const char* words : {"one clone", "another clone"}) {
        Vm clone(restored(snapshot));
        auto [port, stream] = clone.wait_stream();
        CHECK(port == 1234);
        check_echo(stream, words);
        stream.reset();
        CHECK(clone.wait_ended().reason() == wire::END_REASON_GUEST_RESET);
        CHECK(clone.wait_exit() == 0);
        CHECK_THAT(clone.console(), Catch::StartsWith("after 0\n") && !Catch::Contains("before"));
    }
}

TEST_CASE("a guest that works is saved, restored, and saved from there again") {
    const auto vcpus = GENERATE(1U, 3U);
    CAPTURE(vcpus);
    VmOptions options = guest(kWork);
    options.vcpus = vcpus;
    auto vm = std::make_unique<Vm>(std::move(options));
    vm->wait_for_console("ready\n");
    vm->wait_for_console("n 500\n");
    int reached = 1000;
    for (int cycle = 0; cycle < 3; ++cycle) {
        const Snapshot snapshot;
        vm->pause();
        CHECK(vm->save(snapshot.files()).empty());
        // What was saved does not depend on what becomes of it.
        vm->resume();
        vm->wait_for_console("n " + std::to_string(reached) + "\n");
        VmOptions next = restored(snapshot);
        next.vcpus = vcpus;
        vm = std::make_unique<Vm>(std::move(next));
        reached += 500;
        vm->wait_for_console("n " + std::to_string(reached) + "\n");
        CHECK_THAT(vm->console(), !Catch::Contains("WRONG") && !Catch::Contains("ready") &&
                                      !Catch::Contains("lockup") && !Catch::Contains("stall"));
        reached += 500;
    }
}

TEST_CASE("the time stamp counter of a guest that has run for a moment only does not go back") {
    constexpr off_t kStamp = 0x5000;
    const auto stamp_in = [](const Snapshot& snapshot) {
        std::uint64_t stamp = 0;
        REQUIRE(::pread(snapshot.memory.get(), &stamp, sizeof(stamp), kStamp) == sizeof(stamp));
        return stamp;
    };
    VmOptions options;
    // L: rdtsc; mov [0x5000], eax; mov [0x5004], edx; jmp L
    options.kernel = raw_guest(
        {0x0f, 0x31, 0xa3, 0x00, 0x50, 0x00, 0x00, 0x89, 0x15, 0x04, 0x50, 0x00, 0x00, 0xeb, 0xf1});
    options.memory_mib = 32;
    Vm vm(std::move(options));
    static_cast<void>(vm.wait_started());
    std::uint64_t saved = 0;
    Snapshot first;
    while (saved == 0) {  // until it has come to its first instructions
        ::usleep(100'000);
        vm.pause();
        first = {};
        REQUIRE(vm.save(first.files()).empty());
        saved = stamp_in(first);
        vm.resume();
    }
    vm.stop();

    VmOptions next = restored(first);
    next.memory_mib = 32;
    Vm clone(std::move(next));
    static_cast<void>(clone.wait_started());
    clone.pause();
    const Snapshot second;
    REQUIRE(clone.save(second.files()).empty());
    CHECK(stamp_in(second) >= saved);
}

TEST_CASE(
    "a guest with an open stream is saved and keeps it, and opens it anew wherever it is "
    "restored") {
    const Snapshot snapshot;
    Vm vm(guest("vsock_peer redial 7"));
    auto [port, stream] = vm.wait_stream();
    check_echo(stream, "before");
    vm.pause();
    CHECK(vm.save(snapshot.files()).empty());
    vm.resume();
    check_echo(stream, "after");
    for (int i = 0; i < 2; ++i) {
        Vm clone(restored(snapshot));
        auto [again, anew] = clone.wait_stream();
        CHECK(again == 7);
        check_echo(anew, "anew");
    }
    check_echo(stream, "still");
}

TEST_CASE("a disk comes into an empty slot when the machine is restored") {
    VmOptions options = guest(
        "cat /sys/block/vda/size /sys/block/vdb/size; vsock_peer connect 1;"
        "while [ $(cat /sys/block/vdb/size) = 0 ]; do :; done;"
        "cat /sys/block/vda/size /sys/block/vda/serial; echo; cat /sys/block/vdb/serial; echo;"
        "head -c 5 /dev/vda; echo; echo hello >/dev/vdb; sync; cat /sys/block/vda/ro");
    options.disks = {{.serial = "lower", .read_only = true, .parts = {}},
                     {.serial = "upper", .read_only = false, .parts = {}}};
    options.pause_at_first_stream = true;
    const Snapshot snapshot;
    {
        Vm vm(std::move(options));
        vm.wait_paused();
        CHECK_THAT(vm.console(), Catch::Contains("0\n0\n"));
        CHECK(vm.save(snapshot.files()).empty());
    }
    const UniqueFd image = memory_file("image");
    const UniqueFd writable = memory_file("writable");
    REQUIRE(::ftruncate(image.get(), 8192) == 0);
    REQUIRE(::ftruncate(writable.get(), 16384) == 0);
    REQUIRE(::pwrite(image.get(), "bytes", 5, 0) == 5);
    VmOptions next = restored(snapshot);
    next.disks = {{.serial = "other",
                   .read_only = true,
                   .parts = {{.file = image.get(), .offset = 0, .length = 8192}}},
                  {.serial = "upper",
                   .read_only = false,
                   .parts = {{.file = writable.get(), .offset = 0, .length = 16384}}}};
    Vm clone(std::move(next));
    clone.wait_stream().second.reset();
    CHECK(clone.wait_ended().reason() == wire::END_REASON_GUEST_RESET);
    CHECK(clone.wait_exit() == 0);
    CHECK_THAT(clone.console(), Catch::Contains("16\nother\nupper\nbytes\n1\n"));
    std::array<char, 6> written{};
    REQUIRE(::pread(writable.get(), written.data(), written.size(), 0) == 6);
    CHECK(std::string(written.data(), written.size()) == "hello\n");
}

TEST_CASE("what a guest writes to is logged, from the last time it was asked for") {
    // mov byte [0x300000], 1; mov byte [0x3ff000], 1; jmp to the first.
    VmOptions options;
    options.kernel = raw_guest({0xc6, 0x05, 0x00, 0x00, 0x30, 0x00, 0x01, 0xc6, 0x05, 0x00, 0xf0,
                                0x3f, 0x00, 0x01, 0xeb, 0xf0});
    options.log_writes = true;
    Vm vm(std::move(options));
    vm.wait_started();
    using Pages = std::vector<std::uint64_t>;
    const Pages both{0x300, 1, 0x3ff, 1};
    // It may be paused before it has come so far.
    const auto writes_both = [&] {
        for (int attempt = 0; attempt < 1000; ++attempt) {
            vm.resume();
            vm.pause();
            if (vm.take_writes() == both) return true;
        }
        return false;
    };
    vm.pause();
    // What it only reads counts the first time, where the host may write to it.
    vm.take_writes();
    CHECK(writes_both());
    CHECK(vm.take_writes().empty());
    CHECK(writes_both());
    vm.resume();
    vm.pause();
    const Snapshot snapshot;
    CHECK(vm.save(snapshot.files()).empty());
    // As of the save.
    CHECK(vm.take_writes().empty());
    VmOptions again = restored(snapshot);
    again.written = {0x300, 1, 0x3fe, 3};
    Vm clone(std::move(again));
    clone.wait_started();
    clone.pause();
    // Not asked to.
    CHECK(clone.take_writes().empty());
}

TEST_CASE("what cannot be saved or restored is refused with the reason") {
    const Snapshot snapshot;
    VmOptions options = guest("vsock_peer connect 1");
    options.pause_at_first_stream = true;
    Vm vm(std::move(options));
    CHECK_THAT(vm.save(snapshot.files()), Catch::Contains("not paused"));
    vm.wait_paused();
    CHECK(vm.save(snapshot.files()).empty());

    const auto refusal = [](VmOptions wanted) {
        Vm clone(std::move(wanted));
        const wire::Ended ended = clone.wait_ended();
        CHECK(ended.reason() == wire::END_REASON_LAUNCH_FAILED);
        CHECK(clone.wait_exit() == 0);
        return ended.detail();
    };
    VmOptions other = restored(snapshot);
    other.vcpus = 2;
    CHECK_THAT(refusal(std::move(other)), Catch::Contains("1 vCPUs, not 2"));
    other = restored(snapshot);
    other.memory_mib = 64;
    CHECK_THAT(refusal(std::move(other)), Catch::Contains("bytes of memory, not 67108864"));
    other = restored(snapshot);
    other.disks = {{.serial = "more", .read_only = true, .parts = {}}};
    CHECK_THAT(refusal(std::move(other)), Catch::Contains("it has 3 devices, not 4"));
    other = restored(snapshot);
    other.restore->state = other.restore->memory;
    CHECK_THAT(refusal(std::move(other)), Catch::Contains("descriptor") || Catch::Contains("file"));
    REQUIRE(::ftruncate(snapshot.memory.get(), 4096) == 0);
    CHECK_THAT(refusal(restored(snapshot)), Catch::Contains("the memory's file has 4096 bytes"));
    std::byte damage{0x5a};
    REQUIRE(::pwrite(snapshot.state.get(), &damage, 1, 100) == 1);
    CHECK_THAT(refusal(restored(snapshot)), Catch::Contains("its checksum is wrong"));
}

}  // namespace
}  // namespace bulkhead::test
