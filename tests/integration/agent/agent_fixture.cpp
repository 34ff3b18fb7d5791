#include "tests/integration/agent/agent_fixture.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "proto/ports.h"

namespace bulkhead::agent::test {
namespace {

namespace fs = std::filesystem;

void add_mount(oci::v1::Spec& spec, const char* destination, const char* type,
               std::initializer_list<const char*> options) {
    auto* mount = spec.add_mounts();
    mount->set_destination(destination);
    mount->set_type(type);
    mount->set_source(type);
    for (const char* option : options) mount->add_options(option);
}

}  // namespace

std::string find_cgroup2() {
    for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        if (fs::exists(fs::path(path) / "cgroup.controllers")) return path;
    }
    return "";
}

Result<std::vector<UniqueFd>> SocketPairDialer::dial(std::span<const std::uint32_t> ports) {
    std::vector<UniqueFd> streams;
    for (const std::uint32_t port : ports) {
        if (port == 0) {
            streams.emplace_back();
            continue;
        }
        auto [host, guest] = TRY(make_socketpair(SOCK_STREAM));
        TRY(set_nonblocking(host.get()));
        TRY(set_nonblocking(guest.get()));
        host_ends[port] = std::move(host);
        streams.push_back(std::move(guest));
    }
    return streams;
}

AgentFixture::AgentFixture() {
    REQUIRE(::geteuid() == 0);
    ::signal(SIGPIPE, SIG_IGN);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    auto children = Reaper::make_signal_source();
    REQUIRE(children.ok());
    auto forked = Launcher::fork();
    REQUIRE(forked.ok());
    launcher = std::make_unique<Launcher>(*std::move(forked));
    if (const std::string top = find_cgroup2(); !top.empty()) {
        enable_controllers(top);
        cgroup_ = top + "/bulkhead-test-XXXXXX";
        REQUIRE(::mkdtemp(cgroup_.data()) != nullptr);
        enable_controllers(cgroup_);
        std::string enabled;
        std::getline(std::ifstream(cgroup_ + "/cgroup.subtree_control"), enabled);
        has_controllers_ = enabled.find("memory") != std::string::npos;
    }
    supervisor = std::make_unique<Supervisor>(
        Supervisor::Parts{.loop = loop,
                          .launcher = *launcher,
                          .dialer = dialer,
                          .root = root,
                          .timeline = timeline,
                          .prepare_machine = [](const v1::StartRequest&) { return Result<void>(); },
                          .cgroup_parent = cgroup_});
    reaper_ = std::make_unique<Reaper>(
        loop, *std::move(children), [this] { supervisor->before_reaping(); },
        [this](pid_t pid, ExitStatus status) { supervisor->reaped(pid, status); });
}

AgentFixture::~AgentFixture() {
    bool ended = false;
    supervisor->shutdown([&](const auto&) { ended = true; });
    until([&] { return ended; });
    reaper_.reset();
    supervisor.reset();
    const pid_t pid = launcher->pid();
    launcher.reset();
    ::waitpid(pid, nullptr, 0);
    if (!cgroup_.empty()) {
        ::rmdir((cgroup_ + "/container").c_str());
        ::rmdir(cgroup_.c_str());
    }
}

v1::StartRequest AgentFixture::shell(const std::string& script) {
    return command({"/bin/sh", "-c", script});
}

v1::StartRequest AgentFixture::command(const std::vector<std::string>& arguments) {
    v1::StartRequest request;
    request.set_generation(protocol::kGeneration);
    request.set_realtime_ns(1);
    request.mutable_root()->set_lower_serial("lower");
    request.mutable_root()->set_upper_tmpfs_bytes(0);
    auto* spec = request.mutable_spec();
    for (const auto& each : arguments) spec->mutable_process()->add_args(each);
    spec->mutable_process()->add_env("PATH=/bin");
    for (const char* type : {"pid", "mount", "uts", "ipc", "network"}) {
        spec->mutable_linux()->add_namespaces()->set_type(type);
    }
    add_mount(*spec, "/proc", "proc", {"nosuid", "noexec", "nodev"});
    add_mount(*spec, "/dev", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"});
    add_mount(*spec, "/dev/pts", "devpts",
              {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"});
    add_mount(*spec, "/sys", "sysfs", {"nosuid", "noexec", "nodev", "ro"});
    add_mount(*spec, "/dev/shm", "tmpfs", {"nosuid", "noexec", "nodev", "mode=1777", "size=64m"});
    request.mutable_streams()->set_stdout_port(kOutput);
    request.mutable_streams()->set_stderr_port(kErrors);
    return request;
}

v1::ExecRequest AgentFixture::exec_shell(const std::string& id, const std::string& script) {
    v1::ExecRequest request;
    request.set_id(id);
    for (const char* each : {"/bin/sh", "-c"}) request.mutable_process()->add_args(each);
    request.mutable_process()->add_args(script);
    request.mutable_process()->add_env("PATH=/bin");
    request.mutable_streams()->set_stdout_port(kOutput + 100);
    request.mutable_streams()->set_stderr_port(kErrors + 100);
    return request;
}

LaunchResult AgentFixture::start(const v1::StartRequest& request) {
    std::optional<Answer<LaunchResult>> answer;
    supervisor->start(request, [&](Answer<LaunchResult> given) { answer = std::move(given); });
    until([&] { return answer.has_value(); });
    if (const auto* refusal = std::get_if<Refusal>(&*answer)) FAIL(refusal->message);
    return std::get<LaunchResult>(*answer);
}

LaunchResult AgentFixture::exec(const v1::ExecRequest& request) {
    std::optional<Answer<LaunchResult>> answer;
    supervisor->exec(request, [&](Answer<LaunchResult> given) { answer = std::move(given); });
    until([&] { return answer.has_value(); });
    if (const auto* refusal = std::get_if<Refusal>(&*answer)) FAIL(refusal->message);
    return std::get<LaunchResult>(*answer);
}

WaitResult AgentFixture::wait(const std::string& id) {
    std::optional<Answer<WaitResult>> answer;
    supervisor->wait(id, [&](Answer<WaitResult> given) { answer = std::move(given); });
    until([&] { return answer.has_value(); });
    if (const auto* refusal = std::get_if<Refusal>(&*answer)) FAIL(refusal->message);
    return std::get<WaitResult>(*answer);
}

Outcome AgentFixture::finish(const std::string& id, const LaunchResult& launched,
                             std::uint32_t output, std::uint32_t errors) {
    Outcome outcome;
    outcome.failure = launched.failure;
    if (launched.failure) return outcome;
    const WaitResult waited = wait(id);
    serve_once();
    outcome.status = waited.status;
    outcome.oom_killed = waited.oom_killed;
    outcome.output = received(output);
    outcome.errors = received(errors);
    return outcome;
}

Outcome AgentFixture::run(const v1::StartRequest& request, const std::string& input) {
    const LaunchResult launched = start(request);
    if (request.streams().stdin_port() != 0 && !launched.failure) {
        send(request.streams().stdin_port(), input);
        close_input(request.streams().stdin_port());
    }
    return finish("init", launched, kOutput, kErrors);
}

Outcome AgentFixture::run_exec(const v1::ExecRequest& request) {
    return finish(request.id(), exec(request), kOutput + 100, kErrors + 100);
}

void AgentFixture::serve_once() {
    while (loop.poll() > 0) {
    }
    std::string buffer(1 << 16, '\0');
    for (const auto& [port, end] : dialer.host_ends) {
        ssize_t got = 0;
        while (end.valid() && (got = ::read(end.get(), buffer.data(), buffer.size())) > 0) {
            received_[port].append(buffer, 0, static_cast<std::size_t>(got));
        }
    }
}

void AgentFixture::until(const std::function<bool()>& condition) {
    for (;;) {
        serve_once();
        if (condition()) return;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
}

void AgentFixture::until_output(std::uint32_t port, const std::string& text) {
    until([&] { return received(port).find(text) != std::string::npos; });
}

std::string& AgentFixture::received(std::uint32_t port) {
    return received_[port];
}

void AgentFixture::send(std::uint32_t port, const std::string& text) {
    std::size_t sent = 0;
    until([&] {
        const ssize_t wrote =
            ::write(dialer.host_ends[port].get(), text.data() + sent, text.size() - sent);
        if (wrote > 0) sent += static_cast<std::size_t>(wrote);
        return sent == text.size() || (wrote < 0 && errno == EPIPE);
    });
}

void AgentFixture::close_input(std::uint32_t port) {
    ::shutdown(dialer.host_ends[port].get(), SHUT_WR);
}

}  // namespace bulkhead::agent::test
