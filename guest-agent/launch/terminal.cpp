#include "guest-agent/launch/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "base/syscalls.h"
#include "guest-agent/mounts/mount_api.h"
#include "guest-agent/mounts/path.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

// The container may have put anything at /dev/ptmx before an exec: only the real device will do,
// and nothing there may make us wait.
Result<UniqueFd> open_ptmx() {
    UniqueFd controller = TRY(open_file("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK));

    struct stat status {};

    if (::fstat(controller.get(), &status) != 0) return errno_error("/dev/ptmx");
    if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(5, 2)) {
        return Error("/dev/ptmx is not the pseudo-terminal multiplexer");
    }
    return controller;
}

Result<UniqueFd> open_peer(int controller) {
    int locked = 0;
    if (::ioctl(controller, TIOCSPTLCK, &locked) != 0) return errno_error("unlocking it");
    UniqueFd peer(::ioctl(controller, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!peer.valid()) return errno_error("opening its other end");
    return peer;
}

Result<void> bind_console(int peer) {
    const UniqueFd root = TRY(open_file("/", O_PATH | O_DIRECTORY));
    const UniqueFd target = TRY(open_in_root(root.get(), "/dev/console", IfMissing::MakeFile));
    const UniqueFd mount = TRY(clone_mount(peer, "", Depth::One));
    return attach_mount(mount.get(), target.get());
}

}  // namespace

Result<void> use_terminal(const oci::v1::ConsoleSize& size, Console console,
                          StatusChannel& status) {
    const UniqueFd controller = TRY(open_ptmx());
    const UniqueFd peer = TRY(open_peer(controller.get()));
    if (size.width() != 0 || size.height() != 0) TRY(resize_terminal(controller.get(), size));
    if (console == Console::Bind) TRY(bind_console(peer.get()));
    TRY(status.send_terminal(controller.get()));
    if (::ioctl(peer.get(), TIOCSCTTY, 0) != 0)
        return errno_error("taking it as controlling terminal");
    for (int number = 0; number <= 2; ++number) {
        if (::dup2(peer.get(), number) < 0) return errno_error("standard streams");
    }
    return {};
}

Result<void> resize_terminal(int terminal, const oci::v1::ConsoleSize& size) {
    winsize wanted{};
    wanted.ws_row = static_cast<unsigned short>(size.height());
    wanted.ws_col = static_cast<unsigned short>(size.width());
    if (::ioctl(terminal, TIOCSWINSZ, &wanted) != 0) return errno_error("resizing a terminal");
    return {};
}

}  // namespace bulkhead::agent
