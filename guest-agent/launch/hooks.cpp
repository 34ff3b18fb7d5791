#include "guest-agent/launch/hooks.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "base/syscalls.h"
#include "base/text.h"
#include "guest-agent/launch/container_init.h"
#include "guest-agent/launch/json_text.h"
#include "proto/agent.pb.h"

namespace bulkhead::agent {
namespace {

using oci::v1::Hook;

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> list;
    list.reserve(words.size() + 1);
    for (std::string& word : words) list.push_back(word.data());
    list.push_back(nullptr);
    return list;
}

// In the hook's process. Its output goes nowhere: the standard streams are the program's.
[[noreturn]] void execute(const Hook& hook, int state) {
    constexpr int kCannotExecute = 127;
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(state, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    ::umask(022);
    std::vector<std::string> arguments(hook.args().begin(), hook.args().end());
    if (arguments.empty()) arguments.push_back(hook.path());
    std::vector<std::string> environment(hook.env().begin(), hook.env().end());
    ::execve(hook.path().c_str(), pointers(arguments).data(), pointers(environment).data());
    std::_Exit(kCannotExecute);
}

// Nothing when it did not end in time.
Result<std::optional<int>> await_end(pid_t pid, std::uint32_t timeout_seconds) {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!process.valid()) return errno_error("pidfd_open");
    constexpr std::uint32_t kMost = 86'400;
    const std::chrono::seconds limit(std::min(timeout_seconds, kMost));
    const auto milliseconds = std::chrono::milliseconds(limit).count();
    pollfd watched{.fd = process.get(), .events = POLLIN, .revents = 0};
    int ready = 0;
    do {
        ready = ::poll(&watched, 1, timeout_seconds == 0 ? -1 : static_cast<int>(milliseconds));
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return errno_error("waitpid");
    }
    if (ready == 0) return std::optional<int>();
    return std::optional(exit_code_of(status));
}

Result<void> run_hook(const Hook& hook, const std::string& state) {
    const UniqueFd input = TRY(state_file(state));
    const pid_t pid = ::fork();
    if (pid < 0) return errno_error("fork");
    if (pid == 0) execute(hook, input.get());
    const auto code = TRY(await_end(pid, hook.timeout_seconds()));
    if (!code) return Error(concat("it took longer than ", hook.timeout_seconds(), " s"));
    if (*code != 0) return Error(concat("exit code ", *code));
    return {};
}

template <class Hooks>
Result<void> run_all(const char* kind, const Hooks& hooks, const std::string& state) {
    for (const Hook& hook : hooks)
        TRY_CONTEXT(run_hook(hook, state), concat(kind, " hook ", hook.path()));
    return {};
}

}  // namespace

std::string container_state(const v1::StartRequest& start, std::string_view status, pid_t pid) {
    std::string annotations;
    for (const auto& [key, value] : start.spec().annotations()) {
        annotations +=
            concat(annotations.empty() ? "" : ",", json_text(key), ":", json_text(value));
    }
    const std::string process = pid == 0 ? "" : concat("\"pid\":", pid, ",");
    return concat("{\"ociVersion\":\"1.1.0\",\"id\":", json_text(start.container_id()),
                  ",\"status\":", json_text(status), ",", process,
                  "\"bundle\":\"/\",\"annotations\":{", annotations, "}}");
}

Result<UniqueFd> state_file(const std::string& state) {
    UniqueFd file(::memfd_create("state", MFD_CLOEXEC));
    if (!file.valid()) return errno_error("memfd_create");
    TRY(pwrite_full(file.get(), std::as_bytes(std::span(state)), 0));
    return file;
}

Result<void> run_create_hooks(const v1::StartRequest& start) {
    const auto& hooks = start.spec().hooks().create_container();
    if (hooks.empty()) return {};
    return run_all("createContainer", hooks, container_state(start, "creating", ::getpid()));
}

Result<void> run_start_hooks(const v1::StartRequest& start) {
    const auto& hooks = start.spec().hooks().start_container();
    if (hooks.empty()) return {};
    return run_all("startContainer", hooks, container_state(start, "created", ::getpid()));
}

}  // namespace bulkhead::agent
