#include "guest-agent/launch/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>

#include "base/syscalls.h"
#include "guest-agent/launch/container.h"
#include "guest-agent/launch/identity.h"
#include "guest-agent/launch/privileges.h"
#include "guest-agent/launch/program.h"
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
    TRY(connect_streams(context));
    return finish_container(context.start.spec());
}

// Everything between "in the container" and execve. The order matters: what needs privileges comes
// before they go, and the seccomp filter, which may forbid anything, comes as late as it can.
Result<Program> become(const ChildContext& context) {
    const oci::v1::Process& process = context.start.spec().process();
    const Identity identity = TRY(find_identity(process));
    TRY(give_streams_to(identity.uid));
    TRY(set_resource_limits(process));
    const Capabilities capabilities = TRY(parse_capabilities(process.capabilities()));
    TRY(drop_bounding(capabilities.bounding));
    WorkingDirectory directory(process.cwd());
    TRY(directory.enter_as_root());
    TRY(assume_identity(identity));
    TRY(directory.enter_as_user());
    ::umask(process.user().has_umask() ? process.user().umask() : 022);
    Program program(process, identity.home);
    if (process.no_new_privileges()) {
        TRY(set_no_new_privileges());
        TRY(set_capabilities(capabilities));
        TRY(install_seccomp(context.seccomp));
    } else {
        // Installing a filter without no_new_privs takes CAP_SYS_ADMIN.
        TRY(raise_all_permitted());
        TRY(install_seccomp(context.seccomp));
        TRY(set_capabilities(capabilities));
    }
    return program;
}

LaunchFailure start_program(const ChildContext& context) {
    ::umask(0);
    ::setsid();
    reset_signals();
    if (auto entered = enter(context); !entered) return LaunchFailure::other(entered.error());
    auto program = become(context);
    if (!program) return LaunchFailure::other(program.error());
    if (program->failure()) return *program->failure();
    // Nothing of the agent's may be left open, whatever a library did.
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
        return LaunchFailure::other(errno_error("close_range"));
    }
    if (auto told = context.status.send_ready(); !told) return LaunchFailure::other(told.error());
    return program->execute();
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
