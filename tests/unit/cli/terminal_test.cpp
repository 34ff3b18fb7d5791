#include "tools/bulkhead/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include <catch2/catch.hpp>

#include "base/unique_fd.h"

namespace bulkhead::cli {

namespace {

struct Terminal {
    UniqueFd controller{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    UniqueFd terminal;

    Terminal() {
        REQUIRE(::grantpt(controller.get()) == 0);
        REQUIRE(::unlockpt(controller.get()) == 0);
        terminal.reset(::open(::ptsname(controller.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
        REQUIRE(terminal.valid());
    }

    [[nodiscard]] tcflag_t local_flags() const {
        termios settings{};
        REQUIRE(::tcgetattr(terminal.get(), &settings) == 0);
        return settings.c_lflag;
    }
};

}  // namespace

TEST_CASE("a terminal is raw while it is wanted, and as before afterwards") {
    const Terminal pty;
    const tcflag_t before = pty.local_flags();
    {
        RawTerminal raw(pty.terminal.get());
        REQUIRE(raw.enter());
        CHECK((pty.local_flags() & (ICANON | ECHO | ISIG)) == 0);
        REQUIRE(raw.enter());  // twice does not lose what was there first
    }
    CHECK(pty.local_flags() == before);
}

TEST_CASE("what is no terminal cannot become raw, and has no size") {
    const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    RawTerminal raw(null.get());
    CHECK_FALSE(raw.enter());
    CHECK(terminal_size(null.get()).rows == 0);
}

TEST_CASE("a terminal has the size that was set") {
    const Terminal pty;
    const winsize size{50, 132, 0, 0};
    REQUIRE(::ioctl(pty.terminal.get(), TIOCSWINSZ, &size) == 0);
    CHECK(terminal_size(pty.terminal.get()).rows == 50);
    CHECK(terminal_size(pty.terminal.get()).columns == 132);
}

}  // namespace bulkhead::cli
