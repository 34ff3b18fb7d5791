// A sandbox from its start to its end, with a monitor and an agent that behave as told
// (fake_vmm.cpp), and a client's side of the container's streams.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "host/engine/container_stdio.h"
#include "host/sandbox/sandbox.h"
#include "proto/agent.pb.h"

namespace bulkhead::sandbox::test {

inline constexpr std::chrono::minutes kLong{10};

class Run {
  public:
    explicit Run(const std::string& behaviour) : behaviour_(behaviour) {}

    Run& with_input(std::string_view text) {
        input_ = text;
        return *this;
    }

    Run& with_start_timeout(std::chrono::nanoseconds timeout) {
        start_timeout_ = timeout;
        return *this;
    }

    Run& with_patience(GuestPatience patience) {
        patience_ = patience;
        return *this;
    }

    Run& with_auto_remove() {
        auto_remove_ = true;
        return *this;
    }

    Run& with_orderly_shutdown() {
        orderly_ = true;
        return *this;
    }

    // Goes on from a snapshot, which behaves so, and boots if that is no good.
    Run& restoring(const std::string& behaviour) {
        restored_ = behaviour;
        return *this;
    }

    // Goes on from a machine with this container in it.
    Run& adopting(const std::string& id) {
        adopted_ = id;
        return *this;
    }

    // Its container is prepared first, and the machine saved then.
    Run& preparing(std::function<void(const Result<void>&)> saved,
                   std::function<void(const std::vector<PageRun>&)> wrote) {
        prepared_ = std::move(saved);
        wrote_ = std::move(wrote);
        return *this;
    }

    // What to do once the process runs, or at once.
    // What the owner does when the agent is there.
    Run& when_starting(std::function<void(Sandbox&)> act) {
        when_starting_ = std::move(act);
        return *this;
    }

    Run& when_running(std::function<void(Sandbox&)> action) {
        when_running_ = std::move(action);
        return *this;
    }

    Run& at_once(std::function<void(Sandbox&)> action) {
        at_once_ = std::move(action);
        return *this;
    }

    SandboxEnd run() {
        SandboxEnd end;
        Sandbox* handle = nullptr;
        engine::ContainerStdio stdio(
            loop, {input_.has_value(), true, true}, [](auto, auto) {},
            [&] { handle->streams_drained(); });
        auto client = stdio.attach(input_.has_value()).value();
        if (input_) {
            REQUIRE(write_full(client.input.get(), std::as_bytes(std::span(*input_))));
            client.input.reset();
        }
        auto sandbox = std::make_unique<Sandbox>(
            loop, plan(), stdio, trace,
            Sandbox::Events{[&] {
                                if (when_starting_) when_starting_(*handle);
                            },
                            [&] {
                                if (when_running_) when_running_(*handle);
                            },
                            [&](const SandboxEnd& ended) {
                                end = ended;
                                loop.stop();
                            },
                            [&](const std::string& why) { restore_failure = why; },
                            [&](const std::string& why) { refusal = why; },
                            [&](const std::string& why) { death = why; }});
        handle = sandbox.get();
        REQUIRE(sandbox->begin());
        const pid_t pid = sandbox->vmm_pid();
        if (at_once_) at_once_(*sandbox);
        loop.run();
        // Whoever hears of the end may start another machine under the same name.
        CHECK((::kill(pid, 0) == 0) == auto_remove_);
        sandbox.reset();
        // Nothing is left of the monitor, not even a zombie.
        CHECK(::kill(pid, 0) != 0);
        output_ = available(client.output);
        error_ = available(client.error);
        return end;
    }

    [[nodiscard]] const std::string& output() const { return output_; }

    [[nodiscard]] const std::string& error() const { return error_; }

    EventLoop loop;
    Trace trace;
    std::optional<std::string> restore_failure;
    std::optional<std::string> refusal;  // of a restored machine's agent
    std::optional<std::string> death;    // of a restored machine, by itself, while it starts

  private:
    SandboxPlan plan() {
        SandboxPlan plan;
        plan.vm.program = FAKE_VMM;
        // Not static in every build, and not readable by every user.
        plan.vm.jail = {.user_slots = "", .required = false, .sees_files = true};
        plan.launch.kvm = open_file("/dev/null", O_RDWR).value();
        plan.launch.kernel = open_file("/dev/null", O_RDONLY).value();
        plan.launch.shape = {1, std::uint64_t{64} << 20U};
        plan.launch.kernel_arguments = behaviour_;
        if (restored_) {
            plan.boot = copy_of(plan.launch).value();
            plan.launch.kernel_arguments = *restored_;
            plan.launch.restore = Snapshot{open_file("/dev/null", O_RDONLY).value(),
                                           open_file("/dev/null", O_RDONLY).value()};
        }
        plan.start = std::make_unique<agent::v1::StartRequest>();
        if (!adopted_.empty()) {
            plan.adopt = std::make_unique<agent::v1::ReleaseRequest>();
            plan.adopt->mutable_adoption()->set_container_id(adopted_);
        }
        if (prepared_) {
            PreparedSave save;
            save.request = std::make_unique<agent::v1::StartRequest>();
            save.request->mutable_spec()->set_domainname("what others share");
            save.state = open_file("/dev/null", O_RDWR).value();
            save.memory = open_file("/dev/null", O_RDWR).value();
            save.saved = prepared_;
            save.wrote = wrote_;
            plan.prepare = std::move(save);
        }
        plan.start_timeout = start_timeout_;
        plan.orderly_shutdown = orderly_;
        plan.auto_remove = auto_remove_;
        plan.patience = patience_;
        return plan;
    }

    static std::string available(const UniqueFd& socket) {
        std::string text(65536, '\0');
        const ssize_t count = ::recv(socket.get(), text.data(), text.size(), MSG_DONTWAIT);
        text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return text;
    }

    std::string behaviour_;
    std::optional<std::string> restored_;
    std::string adopted_;
    std::optional<std::string> input_;
    std::string output_;
    std::string error_;
    std::chrono::nanoseconds start_timeout_ = kLong;
    GuestPatience patience_{.stream = kLong, .answer = kLong};
    bool orderly_ = false;
    bool auto_remove_ = false;
    std::function<void(const Result<void>&)> prepared_;
    std::function<void(const std::vector<PageRun>&)> wrote_;
    std::function<void(Sandbox&)> when_starting_;
    std::function<void(Sandbox&)> when_running_;
    std::function<void(Sandbox&)> at_once_;
};

// Calls `then` when the agent has printed the word.
inline void when_printed(Run& run, EventLoop::Handle& poll, Sandbox& sandbox,
                         const std::string& word, const std::function<void()>& then) {
    if (sandbox.console().find(word) != std::string::npos) return then();
    poll = run.loop.after(std::chrono::milliseconds(1), [&run, &poll, &sandbox, word, then] {
        when_printed(run, poll, sandbox, word, then);
    });
}

}  // namespace bulkhead::sandbox::test
