// An agent that does not do what it owes keeps nobody waiting (fake_vmm.cpp, debts.h).
#include "tests/unit/sandbox/debts.h"

#include "tests/unit/sandbox/sandbox_run.h"

namespace bulkhead::sandbox {

namespace {

using test::kLong;
using test::Run;

constexpr std::chrono::milliseconds kMoment{20};
constexpr GuestPatience kNoStreamInTime{.stream = kMoment, .answer = kLong};
constexpr GuestPatience kNoAnswerInTime{.stream = kLong, .answer = kMoment};

oci::v1::Process process(const char* what) {
    oci::v1::Process made;
    made.add_args(what);
    return made;
}

// The error of a further process, or "" when it runs. It waits to be killed when it does not.
std::string exec(const char* what, GuestPatience patience) {
    std::string error;
    Run run("wait-signal");
    const SandboxEnd end =
        run.with_patience(patience)
            .when_running([&](Sandbox& sandbox) {
                sandbox.exec(process(what), {true, true, true}, [&](const auto& started) {
                    if (started) {
                        CHECK(started->error.valid());
                        sandbox.signal(SIGTERM);
                    } else {
                        error = started.error().message();
                    }
                });
            })
            .run();
    // The agent's own process ends with this when the other one was killed.
    CHECK(end.exit_code == 128 + (error.empty() ? SIGTERM : SIGUSR2));
    return error;
}

// What came of work on files: "opened", the result, in order.
struct Told {
    bool opened = false;
    std::optional<Result<agent::v1::FilesReply>> result;
};

agent::v1::FilesRequest archive(const char* path) {
    agent::v1::FilesRequest request;
    request.mutable_archive()->set_path(path);
    return request;
}

// `on_opened` gets the work's number.
Told files(const agent::v1::FilesRequest& request, GuestPatience patience,
           const std::function<void(Run&, Sandbox&, const Told&, std::uint32_t)>& on_opened) {
    Told told;
    Run run("wait-signal");
    std::uint32_t work = 0;
    UniqueFd kept;
    run.with_patience(patience)
        .when_running([&](Sandbox& sandbox) {
            work = sandbox.files(request, {.opened =
                                               [&](UniqueFd stream) {
                                                   CHECK_FALSE(told.result);
                                                   told.opened = true;
                                                   kept = std::move(stream);
                                                   if (on_opened)
                                                       on_opened(run, sandbox, told, work);
                                               },
                                           .finished =
                                               [&](auto result) {
                                                   told.result = std::move(result);
                                                   sandbox.signal(SIGTERM);
                                               }});
        })
        .run();
    REQUIRE(told.result);
    return told;
}

}  // namespace

TEST_CASE("a further process with its streams runs") {
    CHECK(exec("as-it-should", {.stream = kLong, .answer = kLong}).empty());
}

TEST_CASE("a further process that the agent says runs, but without its streams, is killed") {
    CHECK(exec(debts::kNoStream, kNoStreamInTime) ==
          "the guest's agent started the process without its streams");
}

TEST_CASE("a further process of which the agent says nothing is killed") {
    CHECK(exec(debts::kNoAnswer, kNoAnswerInTime) ==
          "the guest's agent did not say whether the process runs");
}

TEST_CASE("work on files gets its stream first and then its result, in whatever order they come") {
    const Told told = files(archive("as-it-should"), {.stream = kLong, .answer = kLong}, nullptr);
    CHECK(told.opened);
    REQUIRE(*told.result);
    CHECK((*told.result)->bytes() == 1);
}

TEST_CASE("work that failed early has no stream, and waits for none") {
    const Told told =
        files(archive(debts::kNothingThere), {.stream = kLong, .answer = kLong}, nullptr);
    CHECK_FALSE(told.opened);
    REQUIRE(*told.result);
    CHECK((*told.result)->failure() == agent::v1::FILES_FAILURE_NOT_FOUND);
}

TEST_CASE("an agent that never opens the stream of files fails the work, whatever it answers") {
    for (const char* what : {debts::kNoStream, debts::kNoAnswer}) {
        INFO(what);
        const Told told = files(archive(what), kNoStreamInTime, nullptr);
        CHECK_FALSE(told.opened);
        REQUIRE_FALSE(*told.result);
        CHECK(told.result->error().message() ==
              "the guest's agent did not open the stream of the files");
    }
}

TEST_CASE("an agent that never says what is at a path fails the question") {
    agent::v1::FilesRequest request;
    request.mutable_stat()->set_path("/etc");
    const Told told = files(request, kNoStreamInTime, nullptr);
    REQUIRE_FALSE(*told.result);
    CHECK(told.result->error().message() == "the guest's agent did not say what it found");
}

TEST_CASE("an open stream may be silent; once it is done, the agent owes its answer") {
    EventLoop::Handle later;
    const Told told =
        files(archive(debts::kSilent), kNoAnswerInTime,
              [&](Run& run, Sandbox& sandbox, const Told& so_far, std::uint32_t work) {
                  later = run.loop.after(5 * kMoment, [&, work] {
                      CHECK_FALSE(so_far.result);
                      sandbox.files_streamed(work);
                      later.reset();  // the loop does not outlive the run
                  });
              });
    REQUIRE_FALSE(*told.result);
    CHECK(told.result->error().message() ==
          "the guest's agent did not say how the work on the files ended");
}

TEST_CASE("a monitor that does not answer keeps nobody waiting, twice") {
    std::vector<std::string> said;
    Run run("wait-signal");
    run.with_patience(kNoAnswerInTime).when_running([&](Sandbox& sandbox) {
        const auto note = [&](const Result<void>& done) {
            said.push_back(done ? "done" : done.error().message());
        };
        sandbox.pause([&, note](const Result<void>& paused) {
            note(paused);
            CHECK_FALSE(sandbox.paused());
            sandbox.set_device_limits({.read_bytes = 1}, [&, note](const Result<void>& set) {
                note(set);
                sandbox.set_device_limits({}, [&, note](const Result<void>& again) {
                    note(again);
                    sandbox.destroy();
                });
            });
        });
    });
    run.run();
    const std::string limits = "the monitor did not say that the devices' limits hold";
    CHECK(said ==
          std::vector<std::string>{"the monitor did not say that it stands still", limits, limits});
}

TEST_CASE("who still waits when a container ends is told so, also before its monitor has ended") {
    for (const bool auto_remove : {false, true}) {
        CAPTURE(auto_remove);
        std::vector<std::string> said;
        Run run("exit=3");
        if (auto_remove) run.with_auto_remove();
        run.when_running([&](Sandbox& sandbox) {
            const auto note = [&](const Result<void>& done) {
                said.push_back(done ? "done" : done.error().message());
            };
            sandbox.pause(note);
            sandbox.set_device_limits({.read_bytes = 1}, note);
        });
        CHECK(run.run().exit_code == 3);
        CHECK(said == std::vector<std::string>(2, "the container has ended"));
    }
}

TEST_CASE("a guest that was paused gets all of the time again") {
    EventLoop loop;
    GuestTimers timers(loop, {.stream = kMoment, .answer = kMoment});
    bool expired = false;
    bool resumed = false;
    timers.pause();
    EventLoop::Handle timer;
    timers.await_stream(timer, [&] {
        expired = true;
        CHECK(resumed);
        loop.stop();
    });
    const auto later = loop.after(5 * kMoment, [&] {
        CHECK_FALSE(expired);
        resumed = true;
        timers.resume();
    });
    loop.run();
    CHECK(expired);
}

}  // namespace bulkhead::sandbox
