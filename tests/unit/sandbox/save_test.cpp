// A container that is saved, by an agent and a monitor that do as told.
#include "tests/unit/sandbox/sandbox_run.h"

namespace bulkhead::sandbox {

namespace {

using test::Run;
using test::when_printed;

UniqueFd null_file() {
    return open_file("/dev/null", O_RDWR).value();
}

// "" when it was saved.
using Then = std::function<void(Sandbox&, const std::string& error)>;

// Saves it once it runs.
SandboxEnd save(Run& run, Then then) {
    bool paused = false;
    run.when_running([&paused, then](Sandbox& sandbox) {
        sandbox.save(
            null_file(), null_file(), [&paused] { paused = true; },
            [&sandbox, &paused, then](const Result<void>& saved) {
                CHECK((paused || !saved));
                then(sandbox, saved ? "" : saved.error().message());
            });
    });
    return run.run();
}

}  // namespace

TEST_CASE("a container that was saved ends by a kill before it goes on") {
    Run run("save-ok");
    const SandboxEnd end = save(run, [](Sandbox& sandbox, const std::string& error) {
        CHECK(error.empty());
        CHECK(sandbox.saving());
        CHECK_FALSE(sandbox.paused());
        CHECK_FALSE(sandbox.resume());
        std::string refused;
        sandbox.pause([&refused](const Result<void>& paused) {
            refused = paused ? "" : paused.error().message();
        });
        CHECK(refused == "the container is being saved");
        sandbox.save(
            null_file(), null_file(), [] {},
            [&refused](const Result<void>& saved) {
                refused = saved ? "" : saved.error().message();
            });
        CHECK(refused == "the container is being saved already");
        sandbox.finish_save(Sandbox::AfterSave::End);
        CHECK_FALSE(sandbox.saving());
    });
    CHECK(end.ran);
    CHECK(end.exit_code == kExitSignalBase + SIGKILL);
}

TEST_CASE("a container that was saved goes on, and can be saved again") {
    Run run("save-ok");
    EventLoop::Handle poll;
    int saves = 0;
    const Then again = [&](Sandbox& sandbox, const std::string& error) {
        CHECK(error.empty());
        sandbox.finish_save(Sandbox::AfterSave::GoOn);
        when_printed(run, poll, sandbox, "released", [&] {
            if (++saves == 2) return sandbox.destroy();
            sandbox.save(
                null_file(), null_file(), [] {},
                [&](const Result<void>& saved) {
                    CHECK(saved);
                    sandbox.finish_save(Sandbox::AfterSave::GoOn);
                    ++saves;
                    sandbox.destroy();
                });
        });
    };
    save(run, again);
    CHECK(saves == 2);
}

TEST_CASE("what fails while a container is saved is told, and it goes on") {
    Run run("save-error");
    EventLoop::Handle poll;
    std::string why;
    save(run, [&](Sandbox& sandbox, const std::string& error) {
        why = error;
        CHECK_FALSE(sandbox.saving());
        CHECK(sandbox.running());
        when_printed(run, poll, sandbox, "released", [&] { sandbox.destroy(); });
    });
    CHECK(why == "saving the machine: no space");
}

TEST_CASE("an agent that refuses or does not answer, and a machine that ends, end the save") {
    const auto why_not = [](const std::string& behaviour, GuestPatience patience = {}) {
        Run run(behaviour);
        std::string why;
        run.with_patience(patience);
        save(run, [&why](Sandbox& sandbox, const std::string& error) {
            why = error;
            sandbox.destroy();
        });
        return why;
    };
    CHECK_THAT(why_not("save-refused"), Catch::Contains("the container is busy"));
    CHECK_THAT(why_not("save-unheld", {.stream = std::chrono::milliseconds(1),
                                       .answer = std::chrono::milliseconds(1)}),
               Catch::Contains("did not say that the container stands still"));
    CHECK(why_not("save-dies") == "the container has ended");
}

TEST_CASE("a kill ends the save, and then the container") {
    Run run("save-ok");
    run.with_orderly_shutdown();
    const SandboxEnd end = save(run, [](Sandbox& sandbox, const std::string& error) {
        CHECK(error.empty());
        sandbox.kill();
        CHECK_FALSE(sandbox.saving());
    });
    CHECK(end.exit_code == kExitSignalBase + SIGKILL);
}

TEST_CASE("a machine that was saved with its container has it adopted") {
    Run run("save-ok");
    run.adopting("clone").restoring("save-ok");
    std::string console;
    EventLoop::Handle poll;
    run.when_running([&](Sandbox& sandbox) {
        when_printed(run, poll, sandbox, "adopted clone", [&] {
            console = "adopted";
            sandbox.signal(SIGTERM);
        });
    });
    const SandboxEnd end = run.run();
    CHECK(console == "adopted");
    CHECK(end.exit_code == kExitSignalBase + SIGTERM);
}

}  // namespace bulkhead::sandbox
