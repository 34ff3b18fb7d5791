#include "host/sandbox/vmm_process.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::sandbox {

namespace {

// What a shell needs: its files, and a user who may read them.
const jail::Options kForScripts{.user_slots = "", .required = false, .sees_files = true};

// A shell script in the monitor's place; what it writes to descriptor 3 comes back.
class Script {
  public:
    explicit Script(const std::string& body) {
        std::string pattern = (std::filesystem::temp_directory_path() / "bulkhead-XXXXXX").string();
        const UniqueFd file(::mkstemp(pattern.data()));
        path_ = pattern;
        const std::string text = "#!/bin/sh\n" + body;
        REQUIRE(write_full(file.get(), std::as_bytes(std::span(text))));
        REQUIRE(::fchmod(file.get(), 0700) == 0);
    }

    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;

    ~Script() { ::unlink(path_.c_str()); }

    VmmProcess start() {
        auto process = VmmProcess::spawn(path_, control_.second, kForScripts);
        if (!process) FAIL(process.error().message());
        control_.second.reset();
        return *std::move(process);
    }

    // Everything that the script wrote until it ended.
    std::string output() {
        std::string text(65536, '\0');
        text.resize(
            read_full(control_.first.get(), std::as_writable_bytes(std::span(text))).value());
        return text;
    }

    UniqueFd& control() { return control_.first; }

  private:
    std::string path_;
    std::pair<UniqueFd, UniqueFd> control_ = make_socketpair(SOCK_STREAM).value();
};

}  // namespace

TEST_CASE("a monitor has descriptors 0 to 3, no environment, and a session of its own") {
    ::setenv("BULKHEAD_TEST_SECRET", "1", 1);
    // Open and not close-on-exec, as a careless library's would be.
    const UniqueFd stray(::open("/dev/null", O_RDONLY));
    REQUIRE(::fcntl(stray.get(), F_SETFD, 0) == 0);
    Script script(
        "read -r pid name state parent group session rest </proc/self/stat\n"
        "for fd in /proc/$pid/fd/*; do n=${fd##*/}; "
        "[ -L $fd ] && [ $n -lt 10 ] && echo \"$n $(readlink $fd | cut -d: -f1)\" >&3; done\n"
        "echo secret=$BULKHEAD_TEST_SECRET >&3\n"
        "echo session=$((session == pid)) >&3\n");
    VmmProcess process = script.start();
    const std::string output = script.output();
    CHECK(output.find("0 /dev/null\n1 /dev/null\n2 pipe\n3 socket\n") == 0);
    CHECK(output.find("4 ") == std::string::npos);
    CHECK(output.find("secret=\n") != std::string::npos);
    CHECK(output.find("session=1\n") != std::string::npos);
    CHECK(process.reap().value().exit_code == 0);
    ::unsetenv("BULKHEAD_TEST_SECRET");
}

TEST_CASE("a monitor starts with no signal blocked or ignored that we block or ignore") {
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t set;
    sigset_t old;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &set, &old);
    Script script("grep -E 'SigBlk|SigIgn' /proc/self/status >&3\n");
    VmmProcess process = script.start();
    ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
    CHECK(script.output() == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    CHECK(process.reap());
}

TEST_CASE("a monitor's end is seen, with its status or signal and what it wrote") {
    Script leaves("echo something broke >&2; exit 7\n");
    VmmProcess first = leaves.start();
    CHECK(leaves.output().empty());
    CHECK(first.reap().value().exit_code == 7);
    std::array<std::byte, 64> buffer{};
    CHECK(read_full(first.error_output(), buffer).value() == 16);

    Script stays("exec sleep 1000\n");
    VmmProcess second = stays.start();
    second.kill();
    CHECK(second.reap().value().signal == SIGKILL);
}

TEST_CASE("a monitor goes with its owner") {
    Script script("exec sleep 1000\n");
    pid_t pid = 0;
    {
        const VmmProcess process = script.start();
        pid = process.pid();
        CHECK(::kill(pid, 0) == 0);
    }
    CHECK(::kill(pid, 0) != 0);
}

TEST_CASE("a program that cannot be started is an error with the reason") {
    const auto pair = make_socketpair(SOCK_SEQPACKET).value();
    const auto missing = VmmProcess::spawn("/nonexistent/vmm", pair.first, kForScripts);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().is(std::errc::no_such_file_or_directory));
    const auto directory = VmmProcess::spawn("/tmp", pair.first, kForScripts);
    REQUIRE_FALSE(directory);
    CHECK(directory.error().is(std::errc::permission_denied));
}

}  // namespace bulkhead::sandbox
