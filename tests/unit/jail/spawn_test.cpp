// The jail with programs that need no VM. What it hides from a monitor is tested by
// tests/integration/jail.
#include "host/jail/spawn.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/syscalls.h"

namespace bulkhead::jail {

namespace {

const Options kOwnUser{.user_slots = "", .required = false, .sees_files = true};

struct Ends {
    std::pair<UniqueFd, UniqueFd> errors = make_pipe().value();
    std::pair<UniqueFd, UniqueFd> control = make_socketpair(SOCK_STREAM).value();

    [[nodiscard]] Program program(const std::string& path) const {
        return {.path = path, .error_output = errors.second.get(), .control = control.second.get()};
    }
};

}  // namespace

TEST_CASE("a program runs, and its end is the caller's to wait for") {
    const Ends ends;
    const auto prisoner = spawn(ends.program("/bin/true"), kOwnUser);
    REQUIRE(prisoner);
    int status = -1;
    CHECK(::waitpid(prisoner->pid, &status, 0) == prisoner->pid);
    CHECK(status == 0);
    CHECK_FALSE(prisoner->user);
    CHECK_FALSE(prisoner->report.has(Layer::OwnUser));
}

TEST_CASE("where a layer is missing and all are required, nothing runs") {
    const Ends ends;
    Options options = kOwnUser;
    options.required = true;
    const auto prisoner = spawn(ends.program("/bin/true"), options);
    REQUIRE_FALSE(prisoner);
    CHECK(prisoner.error().message().find("lacks: own user (not asked for)") != std::string::npos);
    CHECK(::waitpid(-1, nullptr, WNOHANG) < 0);  // no child is left
}

TEST_CASE("a program that is none is an error, and leaves no child") {
    const Ends ends;
    const auto prisoner = spawn(ends.program("/etc/passwd"), kOwnUser);
    REQUIRE_FALSE(prisoner);
    CHECK(prisoner.error().message() == "start /etc/passwd: Permission denied");
    CHECK(::waitpid(-1, nullptr, WNOHANG) < 0);
}

}  // namespace bulkhead::jail
