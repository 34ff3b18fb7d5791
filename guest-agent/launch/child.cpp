#include "guest-agent/launch/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "base/syscalls.h"
#include "guest-agent/files/identity.h"
#include "guest-agent/launch/container.h"
#include "guest-agent/launch/container_init.h"
#include "guest-agent/launch/hooks.h"
#include "guest-agent/launch/identity.h"
#include "guest-agent/launch/privileges.h"
#include "guest-agent/launch/program.h"
#include "guest-agent/launch/program_file.h"
#include "guest-agent/launch/scheduling.h"
#include "guest-agent/launch/terminal.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

// The agent blocks and ignores signals for itself; a program starts with none blocked or ignored.
void reset_signals() {
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

Result<void> use_streams(const std::array<UniqueFd, 3>& streams) {
    int number = 0;
    for (const UniqueFd& stream : streams) {
        if (::dup2(stream.get(), number) < 0) return errno_error("standard streams");
        ++number;
    }
    return {};
}

Result<void> connect_streams(const ChildContext& context) {
    const oci::v1::Process& process = context.start.spec().process();
    if (!process.terminal()) return use_streams(context.request.streams);
    const bool console = context.request.kind == LaunchRequest::Kind::Init;
    return use_terminal(process.console_size(), console ? Console::Bind : Console::None,
                        context.status)
        .context("terminal");
}

Result<void> enter(const ChildContext& context) {
    if (context.request.kind == LaunchRequest::Kind::Exec) {
        TRY(join_container(context.start.spec(), context.request.container.get()));
        return connect_streams(context);
    }
    TRY(build_container(context.start, context.request));
    TRY(run_create_hooks(context.start));
    TRY(connect_streams(context));
    TRY(finish_container(context.start.spec()));
    return run_start_hooks(context.start);
}

Result<void> take_names(const v1::StartRequest& start) {
    v1::NewIdentity identity;
    identity.set_hostname(start.spec().hostname());
    *identity.mutable_files() = start.files();
    return take_identity(identity, {});
}

// What this process would start is what the next one most likely starts: who it runs as and its
// program are looked up and read once, so that they are in memory that all share.
void look_ahead(const oci::v1::Process& process) {
    const auto identity = find_identity(process);
    if (!identity) return;
    const Program program(process, identity->home);
    if (!program.failure()) read_program(program.path());
}

// The machine may be saved while this waits, and go on any number of times. `start` becomes what
// there is to start then.
Result<void> enter_and_wait(const ChildContext& context, v1::StartRequest& start) {
    TRY(build_container(context.start, context.request));
    TRY(finish_container(context.start.spec()));
    look_ahead(context.start.spec().process());
    PacketChannel rest(TRY(duplicate(context.request.rest.get())));
    TRY(context.status.send_prepared());
    TRY(receive_rest(rest, start));
    TRY(take_names(start));
    return connect_streams({context.request, start, context.seccomp, context.status, context.go});
}

// The process's user, limits, directory and the like; its privileges go later.
Result<Program> become(const oci::v1::Process& process, const Capabilities& capabilities) {
    const Identity identity = TRY(find_identity(process));
    TRY(give_streams_to(identity.uid));
    TRY(set_resource_limits(process));
    TRY(drop_bounding(capabilities.bounding));
    WorkingDirectory directory(process.cwd());
    TRY(directory.enter_as_root());
    TRY(assume_identity(identity));
    TRY(directory.enter_as_user());
    ::umask(process.user().has_umask() ? process.user().umask() : 022);
    return Program(process, identity.home);
}

// The seccomp filter may forbid anything, so it comes as late as it can.
Result<void> confine(const ChildContext& context, const Capabilities& capabilities) {
    if (context.start.spec().process().no_new_privileges()) {
        TRY(set_no_new_privileges());
        TRY(set_capabilities(capabilities));
        return install_seccomp(context.seccomp);
    }
    // Installing a filter without no_new_privs takes CAP_SYS_ADMIN.
    TRY(raise_all_permitted());
    TRY(install_seccomp(context.seccomp));
    return set_capabilities(capabilities);
}

// Returns in the program's process only. The init has the same user and capabilities, and no
// seccomp filter: a profile need not know which calls an init makes.
Result<void> start_init(const ChildContext& context, const Capabilities& capabilities) {
    const pid_t program = TRY(fork_program());
    if (program == 0) return {};
    const bool confined =
        (!context.start.spec().process().no_new_privileges() || set_no_new_privileges().ok()) &&
        set_capabilities(capabilities).ok();
    if (!confined) ::kill(program, SIGKILL);
    run_init(program);
}

// Everything between "in the container" and execve. The order matters: what needs privileges comes
// before they go.
Result<Program> prepare(const ChildContext& context) {
    const oci::v1::Process& process = context.start.spec().process();
    const Capabilities capabilities = TRY(parse_capabilities(process.capabilities()));
    TRY(set_scheduling(process));
    TRY(set_personality(context.start.spec().linux().personality_domain()));
    Program program = TRY(become(process, capabilities));
    // Told by PID 1 itself: there is nothing to start.
    if (program.failure()) return program;
    const bool first = context.request.kind == LaunchRequest::Kind::Init;
    if (first && context.start.init()) TRY(start_init(context, capabilities));
    TRY(confine(context, capabilities));
    return program;
}

LaunchFailure run_program(const ChildContext& context) {
    auto program = prepare(context);
    if (!program) return LaunchFailure::other(program.error());
    if (program->failure()) return *program->failure();
    // Nothing of the agent's may be left open, whatever a library did.
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
        return LaunchFailure::other(errno_error("close_range"));
    }
    if (auto told = context.status.send_ready(); !told) return LaunchFailure::other(told.error());
    return program->execute();
}

LaunchFailure start_program(const ChildContext& context) {
    ::umask(0);
    ::setsid();
    reset_signals();
    if (!context.request.rest.valid()) {
        if (auto entered = enter(context); !entered) return LaunchFailure::other(entered.error());
        return run_program(context);
    }
    v1::StartRequest start;
    if (auto entered = enter_and_wait(context, start); !entered)
        return LaunchFailure::other(entered.error());
    return run_program({context.request, start, context.seccomp, context.status, context.go});
}

}  // namespace

void run_child(const ChildContext& context) {
    std::array<std::byte, 1> go{};
    const auto got = read_full(context.go, go);
    if (got && *got == 1) {
        const LaunchFailure failure = start_program(context);
        // With nobody left to tell, there is nothing to do about it.
        static_cast<void>(context.status.send_failure(failure));
    }
    constexpr int kOurFailure = 125;
    std::_Exit(kOurFailure);
}

}  // namespace bulkhead::agent
