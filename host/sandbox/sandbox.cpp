#include "host/sandbox/sandbox.h"

#include <sys/random.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <utility>

#include "base/text.h"
#include "host/sandbox/failure_report.h"
#include "proto/agent.pb.h"
#include "proto/ports.h"

namespace bulkhead::sandbox {

namespace {

constexpr std::size_t kEntropyBytes = 64;
// After a call failed, the time for the monitor's own word about what happened: long enough for a
// host with too much to do.
constexpr std::chrono::seconds kVmEndGrace{10};
// Without a byte from the guest for this long after its process ended, no more are awaited.
constexpr std::chrono::seconds kDrainPause{5};
// For the guest to write everything to its disk, and for the machine to go down.
constexpr std::chrono::seconds kShutdownGrace{20};

const std::string& init_process() {
    static const std::string kName(protocol::kInitProcess);
    return kName;
}

}  // namespace

SandboxPlan::SandboxPlan() = default;
SandboxPlan::SandboxPlan(SandboxPlan&&) noexcept = default;
SandboxPlan::~SandboxPlan() = default;

Sandbox::Sandbox(EventLoop& loop, SandboxPlan plan, Stdio& stdio, Trace& trace, Events events)
    : loop_(loop),
      plan_(std::move(plan)),
      trace_(trace),
      events_(std::move(events)),
      stdio_(stdio),
      guest_timers_(loop, plan_.patience) {}

Sandbox::~Sandbox() = default;

pid_t Sandbox::vmm_pid() const {
    return vm_ ? vm_->pid() : 0;
}

void Sandbox::on_stream(VmStream stream) {
    if (stream.port != protocol::kAgentPort) {
        // Anything that was not announced is closed; before the agent is there, nothing was.
        if (!agent_) return;
        if (stream.port < protocol::kFirstExecPort) {
            stdio_.accept(stream.port, std::move(stream.stream));
        } else if (stream.port >= protocol::kFirstFilePort) {
            files_->accept(stream.port, std::move(stream.stream));
        } else {
            execs_->accept(stream.port, std::move(stream.stream));
        }
        return;
    }
    // One agent: PID 1 calls before anything else can, and whoever calls later is not it.
    if (stage_ == Stage::Booting || stage_ == Stage::Launching) on_agent(std::move(stream.stream));
}

void Sandbox::on_agent(UniqueFd stream) {
    stage_ = Stage::Starting;
    agent_ns_ = Trace::now();
    plan_.boot.reset();
    trace_.step(restored_ ? "guest goes on" : "guest boots");
    if (const auto complete = complete_start_request(); !complete) {
        note_failure(complete.error().message());
        give_up();
        return;
    }
    events_.starting();
    agent_ = std::make_unique<AgentClient>(loop_, std::move(stream));
    execs_ = std::make_unique<ExecTable>(*agent_, guest_timers_);
    files_ = std::make_unique<FileTable>(*agent_, guest_timers_);
    plan_.prepare ? prepare_container() : start_container();
}

void Sandbox::start_container() {
    if (!plan_.adopt) {
        agent_->start(*plan_.start, [this](Result<AgentStarted> answer) {
            on_process_started(std::move(answer));
        });
        trace_.step("send the container");
        return;
    }
    agent_->release(*plan_.adopt, [this](Result<void> answer) {
        on_process_started(answer ? Result<AgentStarted>(AgentStarted{})
                                  : Result<AgentStarted>(std::move(answer).error()));
    });
    trace_.step("adopt the container");
}

Result<void> Sandbox::complete_start_request() {
    agent::v1::StartRequest& request = *plan_.start;
    request.set_generation(protocol::kGeneration);
    std::string entropy(kEntropyBytes, '\0');
    if (::getrandom(entropy.data(), entropy.size(), 0) != static_cast<ssize_t>(entropy.size()))
        return errno_error("getrandom");
    request.set_entropy(std::move(entropy));
    auto& streams = *request.mutable_streams();
    streams.set_stdin_port(stdio_.ports().input);
    streams.set_stdout_port(stdio_.ports().output);
    streams.set_stderr_port(stdio_.ports().error);
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    request.set_realtime_ns(now.tv_sec * 1'000'000'000 + now.tv_nsec);
    if (!plan_.adopt) return {};
    plan_.adopt->set_generation(request.generation());
    auto& adoption = *plan_.adopt->mutable_adoption();
    adoption.set_realtime_ns(request.realtime_ns());
    adoption.set_entropy(request.entropy());
    *adoption.mutable_streams() = request.streams();
    return {};
}

void Sandbox::on_process_started(Result<AgentStarted> answer) {
    if (stage_ != Stage::Starting) return;
    if (!answer) {
        tell_refusal(answer.error().message());
        await_vm_end(answer.error());
        return;
    }
    trace_.step("agent starts the process");
    add_guest_timings(*answer);
    if (answer->failure != StartFailure::None) {
        outcome_ = end_of(*answer);
        stage_ = Stage::Stopping;
        vm_->kill();  // nothing has run that the disk would have to remember
        return;
    }
    stage_ = Stage::Running;
    timer_.reset();
    watch_writes();
    if (plan_.maintenance) return events_.running();
    agent_->wait(init_process(),
                 [this](Result<AgentExit> exit) { on_process_exit(std::move(exit)); });
    events_.running();
}

// The guest's clock starts at its boot; its last step ended just before the answer came.
void Sandbox::add_guest_timings(const AgentStarted& started) {
    if (started.timings.empty()) return;
    std::uint64_t last = 0;
    for (const Moment& moment : started.timings) last = std::max(last, moment.at_ns);
    const std::uint64_t now = Trace::now();
    std::vector<Moment> aligned = started.timings;
    for (Moment& moment : aligned) moment.at_ns = now - std::min(now, last - moment.at_ns);
    std::uint64_t start = now - std::min(now, last);
    if (restored_) {
        // What was before its agent called happened when the snapshot was made.
        start = agent_ns_;
        std::erase_if(aligned, [start](const Moment& moment) { return moment.at_ns < start; });
    }
    trace_.add(Trace::Track::Guest, start, aligned);
}

void Sandbox::on_process_exit(Result<AgentExit> answer) {
    if (stage_ != Stage::Running) return;
    if (!answer) {
        await_vm_end(answer.error());
        return;
    }
    trace_.step("process runs");
    outcome_ = end_of(*answer);
    stage_ = Stage::Stopping;
    ask_writes();
    watch_drain();
    stop_when_drained();
}

// A call fails when the VM dies under it, and then the monitor's word says more.
void Sandbox::await_vm_end(const Error& failure) {
    note_failure(failure.message());
    timer_ = loop_.after(kVmEndGrace, [this] { give_up(); });
}

// Once: the failed call and the machine's end come in any order.
void Sandbox::tell_refusal(const std::string& why) {
    const bool wanted = !killed_ && !interrupted_by_;
    if (!restored_ || !wanted || !events_.start_refused) return;
    std::exchange(events_.start_refused, nullptr)(why);
}

void Sandbox::tell_death(const VmEnd& end) {
    const std::string why = describe_end(end);
    tell_refusal(why);
    const bool by_itself = !killed_ && !interrupted_by_ && !gave_up_ && !killed_silently(end);
    if (restored_ && by_itself && events_.died_starting) events_.died_starting(why);
}

void Sandbox::note_failure(std::string failure) {
    failure_ = std::move(failure);
    failed_stage_ = stage_;
}

void Sandbox::give_up() {
    gave_up_ = true;
    vm_->kill();
}

// A guest that says that its process ended, but keeps its streams open and silent, does not keep
// us.
void Sandbox::watch_drain() {
    drained_count_ = stdio_.output_count();
    timer_ = loop_.after(kDrainPause, [this] {
        const bool silent = stdio_.output_count() == drained_count_ && stdio_.waits_for_guest();
        if (silent) {
            vm_->kill();
        } else {
            watch_drain();
        }
    });
}

void Sandbox::stop_when_drained() {
    if (stdio_.drained() && !awaiting_writes_) stop_vm();
}

void Sandbox::stop_vm() {
    trace_.step("output drains");
    // Nobody will ask for anything of such a machine any more. Its end, a few kernel grace periods
    // long, is for whoever destroys it to await.
    if (plan_.auto_remove) {
        fail_calls();
        return conclude();
    }
    if (!plan_.orderly_shutdown) {
        vm_->kill();
        return;
    }
    timer_ = loop_.after(kShutdownGrace, [this] { vm_->kill(); });
    // The answer matters little: the VM's end follows, or the timer ends it.
    agent_->shutdown([](const Result<void>&) {});
}

std::string Sandbox::console() const {
    std::string text;
    if (!vm_) return text;
    for (const std::string& line : vm_->console().last_lines(ConsoleTail::kMaxBytes))
        text += line + "\n";
    return text;
}

void Sandbox::on_vm_ended(VmEnd end) {
    if (blames_snapshot(end)) return boot_instead(end);
    if (stage_ == Stage::Starting) tell_death(end);
    vm_end_ = std::move(end);
    tell_writes({});
    paused_ = false;
    trace_.step("machine ends");
    timer_.reset();
    // What the guest had sent is in the sockets, and is still delivered.
    fail_calls();
    stdio_.no_more_streams();
    conclude_when_done();
}

void Sandbox::fail_calls() {
    const char* const why = "the container has ended";
    pause_timer_.reset();
    device_limits_timer_.reset();
    if (pause_answer_) std::exchange(pause_answer_, nullptr)(Error(why));
    if (device_limits_answer_) std::exchange(device_limits_answer_, nullptr)(Error(why));
    fail_save(why);
    if (execs_) execs_->fail(why);
    if (files_) files_->fail(why);
}

// Called when the streams are drained and when the VM has ended, in whichever order.
void Sandbox::conclude_when_done() {
    if (stage_ == Stage::Ended) return;
    if (vm_end_) {
        if (killed_ || stdio_.drained()) conclude();
    } else if (stage_ == Stage::Stopping && outcome_ && outcome_->ran) {
        stop_when_drained();
    }
}

void Sandbox::conclude() {
    if (failure_.empty()) failed_stage_ = stage_;
    const SandboxEnd end = result();
    stage_ = Stage::Ended;
    timer_.reset();
    events_.ended(end);
}

SandboxEnd Sandbox::result() const {
    if (outcome_) return *outcome_;
    SandboxEnd end;
    end.ran = failed_stage_ == Stage::Running;
    if (interrupted_by_) {
        end.exit_code = kExitSignalBase + *interrupted_by_;
        return end;
    }
    if (killed_) {
        end.exit_code = kExitSignalBase + SIGKILL;
        return end;
    }
    end.message =
        failure_text({stage_text(), gave_up_ ? failure_ : describe_end(*vm_end_)}, vm_->console());
    return end;
}

std::string_view Sandbox::stage_text() const {
    switch (failed_stage_) {
        case Stage::Launching:
            return "launching the virtual machine";
        case Stage::Booting:
            return "booting the guest";
        case Stage::Starting:
            return "starting the container's process";
        case Stage::Running:
            return "running the container";
        case Stage::Stopping:
        case Stage::Ended:
            break;
    }
    return "stopping the container";
}

void Sandbox::on_timeout() {
    if (plan_.boot) {
        late_ = true;
        vm_->kill();
        return;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(plan_.start_timeout);
    const char* missing = stage_ == Stage::Starting ? "answer" : "call";
    note_failure(concat("the guest's agent did not ", missing, " within ", seconds.count(), " s"));
    give_up();
}

void Sandbox::signal(int number) {
    if (vm_end_) {
        // Only our own reader is still awaited.
        if (ends_a_start(number)) conclude();
    } else if (stage_ == Stage::Running) {
        agent_->signal(init_process(), number, [](const Result<void>&) {});
    } else if (stage_ != Stage::Stopping && stage_ != Stage::Ended && ends_a_start(number)) {
        interrupted_by_ = number;
        vm_->kill();
    }
}

void Sandbox::resize(std::uint16_t rows, std::uint16_t columns) {
    if (stage_ != Stage::Running) return;
    agent_->resize(init_process(), rows, columns, [](const Result<void>&) {});
}

void Sandbox::finish_maintenance() {
    if (!running()) return destroy();
    outcome_ = SandboxEnd{.exit_code = 0, .message = {}, .ran = true};
    stage_ = Stage::Stopping;
    stop_vm();
}

// A disk that lives on must not lose what the guest holds in memory: the process is killed, as a
// kernel would do it, and the machine goes down in order. A guest that cannot do that in time loses
// it.
void Sandbox::kill() {
    if (!running() || !plan_.orderly_shutdown) return destroy();
    fail_save("the container was killed");
    if (paused_ && !resume()) return destroy();
    timer_ = loop_.after(kShutdownGrace, [this] { destroy(); });
    agent_->signal(init_process(), SIGKILL, [](const Result<void>&) {});
}

void Sandbox::lose_monitor() {
    if (vm_) vm_->kill();
}

void Sandbox::destroy() {
    killed_ = true;
    if (vm_end_) {
        if (stage_ != Stage::Ended) conclude();
    } else if (vm_) {
        vm_->kill();
    }
}

}  // namespace bulkhead::sandbox
