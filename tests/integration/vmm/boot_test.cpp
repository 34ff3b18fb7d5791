// The guest kernel boots on machines of every shape, without a word on its console that it should
// not say.
#include <catch2/catch.hpp>

#include "tests/integration/vmm/initramfs.h"
#include "tests/integration/vmm/vm.h"

namespace bulkhead::test {
namespace {

// Linux says once when its timers come late. Under emulation, or with more CPUs than the host has,
// that says nothing.
std::string without_late_timers(std::string console) {
    for (const char* words : {"hrtimer: interrupt took", "sched: DL replenish lagged too much"}) {
        const auto at = console.find(words);
        if (at == std::string::npos) continue;
        const auto start = console.rfind('\n', at) + 1;  // npos + 1 is 0
        console.erase(start, console.find('\n', at) + 1 - start);
    }
    return console;
}

// Boots with warnings and errors shown, and gives what is printed between the two marks, after
// having checked that nothing else is.
std::string run_script(std::uint32_t vcpus, std::uint64_t memory_mib, const std::string& script) {
    VmOptions options;
    options.vcpus = vcpus;
    options.memory_mib = memory_mib;
    options.initrd = Initramfs("echo BEGIN; " + script + "; echo END").make();
    options.arguments = "loglevel=5";
    Vm vm(std::move(options));
    const wire::Ended ended = vm.wait_ended();
    CHECK(vm.wait_exit() == 0);
    INFO("console:\n" << vm.console());
    CHECK(ended.reason() == wire::END_REASON_GUEST_RESET);
    CHECK(ended.console_bytes_dropped() == 0);
    const std::string console = without_late_timers(vm.console());
    const auto begin = console.find("BEGIN\n");
    const auto end = console.find("END\n");
    REQUIRE((begin != std::string::npos && end != std::string::npos));
    CHECK(console.substr(0, begin).empty());
    CHECK_THAT(console.substr(end), Catch::Matches("END\n(.*reboot: Restarting system\n)?"));
    return console.substr(begin + 6, end - begin - 6);
}

TEST_CASE("one vCPU, small memory") {
    const std::string output = run_script(
        1, 64,
        "nproc; uname -s; cat /sys/devices/system/clocksource/clocksource0/current_clocksource");
    CHECK_THAT(output, Catch::Matches("1\nLinux\n(kvm-clock|tsc)\n"));
}

TEST_CASE("four vCPUs, each of which runs programs") {
    const std::string output = run_script(
        4, 128, "nproc; for c in 0 1 2 3; do taskset -c $c sh -c 'echo cpu $0' $c; done");
    CHECK(output == "4\ncpu 0\ncpu 1\ncpu 2\ncpu 3\n");
}

TEST_CASE("32 vCPUs") {
    CHECK(run_script(32, 512, "nproc; grep -c ^processor /proc/cpuinfo") == "32\n32\n");
}

TEST_CASE("memory above 4 GiB is used, with the gap left out") {
    // All but 1 GiB lies below the gap's start; the rest comes after 4 GiB. The kernel keeps 64 MiB
    // for the table of its pages and about 30 more for itself, but none for bounce buffers.
    const std::string output = run_script(
        1, 4096,
        "awk '/MemTotal/ {print ($2 > 4070000) ? \"all\" : $2}' /proc/meminfo;"
        "awk '/spanned/ {s=$2} /start_pfn/ {print ($2 >= 1048576) ? \"above\" : \"below\"}' "
        "/proc/zoneinfo;"
        "mount -t tmpfs none /mnt 2>/dev/null || { mkdir /mnt; mount -t tmpfs none /mnt; };"
        "dd if=/dev/zero of=/mnt/file bs=1M count=64 2>/dev/null; wc -c </mnt/file");
    CHECK_THAT(output, Catch::StartsWith("all\n"));
    CHECK_THAT(output, Catch::Contains("above\n"));
    CHECK_THAT(output, Catch::EndsWith("67108864\n"));
}

TEST_CASE("the steps of the start are told, in order") {
    VmOptions options;
    options.initrd = Initramfs("true").make();
    Vm vm(std::move(options));
    const wire::Started started = vm.wait_started();
    std::vector<std::string> names;
    std::uint64_t previous = 0;
    for (const wire::Step& step : started.steps()) {
        names.push_back(step.name());
        CHECK(step.monotonic_ns() >= previous);
        previous = step.monotonic_ns();
    }
    CHECK(names ==
          std::vector<std::string>{"received", "memory", "vm", "devices", "kernel", "vcpus"});
    CHECK(vm.wait_ended().reason() == wire::END_REASON_GUEST_RESET);
}

}  // namespace
}  // namespace bulkhead::test
