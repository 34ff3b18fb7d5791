// Supervisor: hooks that run beside or after the container's first process. They are processes of
// the container like an exec's, as root, and a failure of one is logged and no more (runtime-spec,
// config.md "POSIX-platform Hooks").
#include "guest-agent/launch/hooks.h"

#include <csignal>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "guest-agent/container/hook_run.h"
#include "proto/agent.pb.h"
#include "proto/ports.h"

namespace bulkhead::agent {
namespace {

using oci::v1::Hook;

// Without the first process's terminal, scheduling and hooks.
v1::StartRequest request_for(const Hook& hook, const v1::StartRequest& started) {
    v1::StartRequest request = started;
    request.set_init(false);
    auto& spec = *request.mutable_spec();
    spec.clear_hooks();
    oci::v1::Process process;
    *process.mutable_capabilities() = spec.process().capabilities();
    process.set_program(hook.path());
    *process.mutable_args() = hook.args();
    if (hook.args().empty()) process.add_args(hook.path());
    *process.mutable_env() = hook.env();
    *spec.mutable_process() = std::move(process);
    return request;
}

void warn(const Hook& hook, std::string_view what) {
    log::warning(concat("hook ", hook.path(), ": ", what));
}

}  // namespace

void Supervisor::after_start(std::function<void()> then) {
    const auto& hooks = started_->spec().hooks().poststart();
    if (hooks.empty()) return then();
    const Process* init = processes_.find(std::string(protocol::kInitProcess));
    const pid_t pid = init != nullptr ? init->pid() : 0;
    run_hooks({.hooks = {hooks.begin(), hooks.end()},
               .state = container_state(*started_, "running", pid),
               .kind = LaunchRequest::Kind::Exec,
               .done = std::move(then)},
              0);
}

void Supervisor::after_end(std::function<void()> then) {
    const auto& hooks = started_->spec().hooks().poststop();
    if (hooks.empty() || end_hooks_done_) return then();
    after_end_.push_back(std::move(then));
    if (after_end_.size() > 1) return;
    run_hooks({.hooks = {hooks.begin(), hooks.end()},
               .state = container_state(*started_, "stopped", 0),
               .kind = LaunchRequest::Kind::Init,
               .done =
                   [this] {
                       end_hooks_done_ = true;
                       for (const auto& each : std::exchange(after_end_, {})) each();
                   }},
              0);
}

void Supervisor::run_hooks(HookRun run, std::size_t next) {
    hook_timeout_.reset();
    if (next == run.hooks.size()) return run.done();
    const Hook hook = run.hooks[next];
    const std::string id = concat("hook ", static_cast<int>(run.kind), " ", next);
    const auto go_on = [this, run, next] { run_hooks(run, next + 1); };
    const auto launched = [this, hook, id, go_on](const Answer<LaunchResult>& answer) {
        const auto* result = std::get_if<LaunchResult>(&answer);
        if (result == nullptr || result->failure) {
            warn(hook, result == nullptr ? "refused" : result->failure->message);
            return go_on();
        }
        processes_.find(id)->when_finished([this, hook, id, go_on](ExitStatus status) {
            if (status.code != 0 || status.signal != 0)
                warn(hook, concat("exit code ", status.code, ", signal ", status.signal));
            parts_.loop.post([this, id, go_on] {
                processes_.remove(id);
                go_on();
            });
        });
    };
    if (auto done = launch_hook(hook, id, run, launched); !done) {
        warn(hook, done.error().message());
        return go_on();
    }
    if (hook.timeout_seconds() == 0) return;
    hook_timeout_ = parts_.loop.after(std::chrono::seconds(hook.timeout_seconds()), [this, id] {
        const Process* process = processes_.find(id);
        if (process != nullptr && process->alive()) ::kill(process->pid(), SIGKILL);
    });
}

Result<void> Supervisor::launch_hook(const Hook& hook, const std::string& id, const HookRun& run,
                                     const Reply<LaunchResult>& reply) {
    LaunchRequest request;
    request.kind = run.kind;
    request.input = TRY(state_file(run.state));
    if (run.kind == LaunchRequest::Kind::Init) {
        request.root = root_;
    } else {
        request.container = TRY(first_process());
    }
    return launch(id, std::move(request), request_for(hook, *started_), {0, 0, 0}, reply);
}

}  // namespace bulkhead::agent
