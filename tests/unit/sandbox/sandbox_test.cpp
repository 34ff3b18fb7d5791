// The whole life of a sandbox against a monitor and an agent that behave as told (fake_vmm.cpp).
#include <fcntl.h>

#include <csignal>

#include "tests/unit/sandbox/sandbox_run.h"

namespace bulkhead::sandbox {

namespace {

using test::Run;

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a process's exit code is the run's") {
    Run run("exit=42");
    const SandboxEnd end = run.run();
    CHECK(end.exit_code == 42);
    CHECK(end.ran);
    CHECK(end.message.empty());
}

TEST_CASE("input reaches the process, and its output both of ours, whole") {
    Run run("exit=0");
    const SandboxEnd end = run.with_input("some input").run();
    CHECK(end.exit_code == 0);
    CHECK(run.output() == "some input");
    CHECK(run.error() == "some input");
}

TEST_CASE("a container that is removed has ended before its monitor, with its output whole") {
    Run run("exit=7");
    const SandboxEnd end = run.with_auto_remove().with_input("some input").run();
    CHECK(end.exit_code == 7);
    CHECK(end.ran);
    CHECK(end.message.empty());
    CHECK(run.output() == "some input");
    CHECK(run.error() == "some input");
}

TEST_CASE("with an orderly shutdown the guest ends its machine itself") {
    Run run("exit=5");
    const SandboxEnd end = run.with_orderly_shutdown().run();
    CHECK(end.exit_code == 5);
    CHECK(end.message.empty());
}

TEST_CASE("a program that does not exist gives 127 and a message that no terminal obeys") {
    const SandboxEnd end = Run("notfound").run();
    CHECK(end.exit_code == 127);
    CHECK_FALSE(end.ran);
    CHECK(end.message == "exec: \"nothing?[31m\": not found");
}

TEST_CASE("a launch that the monitor refuses names the cause") {
    const SandboxEnd end = Run("refuse").run();
    CHECK(end.exit_code == 125);
    CHECK(contains(end.message,
                   "launching the virtual machine: the monitor cannot launch this "
                   "machine: kernel_fd: no ELF"));
}

TEST_CASE("a monitor that dies without a word is reported with what it wrote") {
    const SandboxEnd end = Run("die").run();
    CHECK(end.exit_code == 125);
    CHECK(contains(end.message, "ended by itself with status 3"));
    CHECK(contains(end.message, "something broke"));
}

TEST_CASE("a guest that panics while booting is reported with its console") {
    const SandboxEnd end = Run("panic").run();
    CHECK(end.exit_code == 125);
    CHECK_FALSE(end.ran);
    CHECK(contains(end.message, "booting the guest: the guest's kernel panicked"));
    CHECK(contains(end.message, "\n  early line\n  Kernel panic - not syncing: test"));
}

TEST_CASE("an agent that never calls ends the start at the timeout") {
    const SandboxEnd end = Run("silent").with_start_timeout(std::chrono::milliseconds(100)).run();
    CHECK(end.exit_code == 125);
    CHECK(contains(end.message, "the guest's agent did not call within"));
}

TEST_CASE("a signal while booting ends the start") {
    const SandboxEnd end =
        Run("silent").at_once([](Sandbox& sandbox) { sandbox.signal(SIGINT); }).run();
    CHECK(end.exit_code == 130);
    CHECK(end.message.empty());
}

TEST_CASE("a signal that ends no process does not end the start") {
    const SandboxEnd end =
        Run("exit=1").at_once([](Sandbox& sandbox) { sandbox.signal(SIGUSR1); }).run();
    CHECK(end.exit_code == 1);
}

TEST_CASE("a signal reaches the running process, and its death by it is 128 and the number") {
    Run run("wait-signal");
    const SandboxEnd end =
        run.when_running([](Sandbox& sandbox) { sandbox.signal(SIGTERM); }).run();
    CHECK(end.exit_code == 128 + SIGTERM);
    CHECK(end.ran);
}

TEST_CASE("a guest that crashes while running is 125, and its last output is delivered") {
    Run run("crash-running");
    const SandboxEnd end = run.run();
    CHECK(end.exit_code == 125);
    CHECK(end.ran);
    CHECK(contains(end.message, "running the container: the guest's kernel panicked"));
    CHECK(contains(end.message, "Kernel panic - not syncing: ?[2Jtest"));
    CHECK(run.output() == "partial");
}

TEST_CASE("a monitor that is killed is 125, since the container's own status is not known") {
    const SandboxEnd end = Run("killed-running").run();
    CHECK(end.exit_code == 125);
    CHECK(contains(end.message, "the monitor was killed by signal 4"));
}

TEST_CASE("a monitor that talks nonsense is ended") {
    const SandboxEnd end = Run("garbage").run();
    CHECK(end.exit_code == 125);
    CHECK(contains(end.message, "a packet that is no message"));
}

TEST_CASE("a guest that keeps its streams open after its process ended does not keep us") {
    const SandboxEnd end = Run("hang-streams").run();
    CHECK(end.exit_code == 0);
    CHECK(end.ran);
}

TEST_CASE("a stream to a port that was not announced is closed, and nothing else happens") {
    CHECK(Run("late-stream").run().exit_code == 0);
}

TEST_CASE("killing a sandbox ends it at any stage") {
    CHECK(Run("silent").at_once([](Sandbox& sandbox) { sandbox.kill(); }).run().exit_code == 137);
    Run run("wait-signal");
    const SandboxEnd end = run.when_running([](Sandbox& sandbox) { sandbox.kill(); }).run();
    CHECK(end.exit_code == 137);
    CHECK(end.message.empty());
}

TEST_CASE("the trace holds the steps of host, monitor and guest") {
    Run run("exit=0");
    run.run();
    const std::string json = run.trace.to_json();
    for (const char* step : {"start the monitor", "\"fake\"", "fake start", "process runs"}) {
        INFO(step);
        CHECK(contains(json, step));
    }
}

TEST_CASE("a machine goes on from a snapshot, and what was before is not in the trace") {
    Run run("exit=1");
    const SandboxEnd end = run.restoring("exit=42").run();
    CHECK(end.exit_code == 42);
    CHECK_FALSE(run.restore_failure.has_value());
    for (const Trace::Event& event : run.trace.events()) CHECK(event.name != "guest boots");
    const auto begin = run.trace.events().front().start_ns;
    for (const Trace::Event& event : run.trace.events())
        if (event.track == Trace::Track::Guest) CHECK(event.start_ns >= begin);
}

TEST_CASE("a snapshot that is no good is told, and the machine boots") {
    for (const char* broken : {"refuse", "die", "panic", "garbage"}) {
        Run run("exit=42");
        const SandboxEnd end = run.with_input("input").restoring(broken).run();
        CHECK(end.exit_code == 42);
        CHECK(end.message.empty());
        CHECK(run.output() == "input");
        REQUIRE(run.restore_failure.has_value());
        CHECK_FALSE(run.restore_failure->empty());
    }
}

TEST_CASE("an agent that does not call after a restore has its time once more, after a boot") {
    Run run("exit=42");
    const SandboxEnd end =
        run.restoring("silent").with_start_timeout(std::chrono::seconds(5)).run();
    CHECK(end.exit_code == 42);
    CHECK(contains(run.restore_failure.value(), "did not call in time"));
}

TEST_CASE(
    "a restored machine that does not start its container says so, and nothing is tried again") {
    Run run("exit=42");
    const SandboxEnd end = run.restoring("crash-starting").run();
    CHECK(end.exit_code == kExitOurs);
    CHECK_FALSE(end.ran);
    CHECK_FALSE(run.restore_failure.has_value());
    // Whichever is heard of first: the call that fails, or the machine's end.
    REQUIRE(run.refusal.has_value());
    CHECK_FALSE(run.refusal->empty());
    CHECK(contains(run.death.value(), "the guest's kernel panicked"));
    // What the container itself lacks, and a boot, say nothing about a snapshot.
    Run missing("exit=42");
    CHECK(missing.restoring("notfound").run().exit_code == 127);
    CHECK_FALSE(missing.refusal.has_value());
    CHECK_FALSE(missing.death.has_value());
    Run booted("crash-starting");
    CHECK(booted.run().exit_code == kExitOurs);
    CHECK_FALSE(booted.refusal.has_value());
    CHECK_FALSE(booted.death.has_value());
}

TEST_CASE("a restored machine that is killed while it starts has not died by itself") {
    Run lost("exit=42");
    lost.when_starting([](Sandbox& sandbox) { sandbox.lose_monitor(); });
    CHECK(lost.restoring("wait-signal").run().exit_code == kExitOurs);
    CHECK_FALSE(lost.death.has_value());
    Run destroyed("exit=42");
    destroyed.when_starting([](Sandbox& sandbox) { sandbox.destroy(); });
    CHECK(destroyed.restoring("wait-signal").run().exit_code == kExitSignalBase + SIGKILL);
    CHECK_FALSE(destroyed.death.has_value());
    CHECK_FALSE(destroyed.refusal.has_value());
}

TEST_CASE("a boot after a restore that fails, too, is the start's failure") {
    Run run("refuse");
    const SandboxEnd end = run.restoring("refuse").run();
    CHECK(end.exit_code == kExitOurs);
    CHECK(contains(end.message, "kernel_fd: no ELF"));
}

TEST_CASE("a signal, or the death of its monitor, is no fault of the snapshot") {
    Run interrupted("exit=42");
    const SandboxEnd end = interrupted.restoring("silent")
                               .at_once([](Sandbox& sandbox) { sandbox.signal(SIGTERM); })
                               .run();
    CHECK(end.exit_code == kExitSignalBase + SIGTERM);
    CHECK_FALSE(interrupted.restore_failure.has_value());
    Run lost("exit=42");
    CHECK(lost.restoring("silent")
              .at_once([](Sandbox& sandbox) { sandbox.lose_monitor(); })
              .run()
              .exit_code == kExitOurs);
    CHECK_FALSE(lost.restore_failure.has_value());
}

TEST_CASE("a monitor that is not there is an error of the start") {
    EventLoop loop;
    Trace trace;
    SandboxPlan plan;
    plan.vm.program = "/nonexistent/bulkhead-vmm";
    plan.launch.kvm = open_file("/dev/null", O_RDWR).value();
    plan.launch.kernel = open_file("/dev/null", O_RDONLY).value();
    plan.start = std::make_unique<agent::v1::StartRequest>();
    engine::ContainerStdio stdio(
        loop, {}, [](auto, auto) {}, [] {});
    Sandbox sandbox(loop, std::move(plan), stdio, trace, {[] {}, [] {}, [](const SandboxEnd&) {}});
    const auto begun = sandbox.begin();
    REQUIRE_FALSE(begun);
    CHECK(contains(begun.error().message(), "start /nonexistent/bulkhead-vmm: No such file"));
}

}  // namespace bulkhead::sandbox
