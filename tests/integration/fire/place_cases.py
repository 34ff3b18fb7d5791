"""Places that cannot be written to, and a clock that jumps."""

import os
import subprocess
import time

from engine_cases import call, expect_result, state_of
from lifecycle_cases import command
from support import Failure, expect


class Mounted:
    """A file system over the state directory, for as long as the block lasts."""

    def __init__(self, bulkhead, *options):
        self.folder = bulkhead.state
        self.options = options

    def __enter__(self):
        # Of its own user alone, as state must be.
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700", *self.options, "tmpfs", self.folder], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.folder], check=True)

    def remount(self, option):
        subprocess.run(["mount", "-o", f"remount,{option}", self.folder], check=True)

    def fill(self):
        with open(os.path.join(self.folder, "filler"), "wb") as file:
            try:
                while True:
                    file.write(b"x" * 65536)
                    file.flush()
            except OSError:
                pass

    def make_room(self):
        os.unlink(os.path.join(self.folder, "filler"))


def full_state_disk(bulkhead, _scale):
    """No room for the state of --rm containers: a clear failure; one that runs is ended and removed as ever."""
    with Mounted(bulkhead, "-o", "size=4m") as place:
        with bulkhead.start("--rm", "-i", "--name", "early", "busybox", "sh", "-c", "echo ready; read line",
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE) as early:
            expect(early.stdout.readline() == b"ready\n", "it does not run")
            place.fill()
            result = bulkhead.run("--rm", "busybox", "true")
            expect(result.returncode == 125 and b"No space left" in result.stderr, f"{result}")
            expect_result(call(bulkhead, "stop", "-t", "0", "early"))
            early.wait()
        place.make_room()
        expect(b"early" not in call(bulkhead, "ps", "-a").stdout, "it was not removed")
        bulkhead.run("--rm", "busybox", "true", check_code=0)


def read_only_state(bulkhead, _scale):
    """The place of what is transient cannot be written to: starts say so, lists work, and nothing is left."""
    with Mounted(bulkhead) as place:
        bulkhead.run("--rm", "busybox", "true", check_code=0)
        place.remount("ro")
        result = bulkhead.run("--rm", "busybox", "true")
        expect(result.returncode == 125 and b"Read-only file system" in result.stderr, f"{result}")
        expect_result(call(bulkhead, "ps", "-a", "-q"), out=b"")
        place.remount("rw")
        bulkhead.run("--rm", "busybox", "true", check_code=0)


def in_devhost():
    with open("/proc/cmdline", encoding="utf-8") as file:
        return "devhost" in file.read() or os.path.isdir("/run/devhost")


def clock_jumps(bulkhead, _scale):
    """The host's clock jumps, both ways: limits, waits and the log's order do not care."""
    if not in_devhost():
        # Nobody's own clock is changed; the devhost's is.
        return
    real = time.clock_gettime(time.CLOCK_REALTIME)
    begin = time.monotonic()
    try:
        command(bulkhead, "run", "-d", "--name", "clocked", "--ttl", "1000s", "busybox", "sh", "-c",
                "trap 'exit 5' TERM; i=0; while :; do echo $i; i=$((i+1)); sleep 0.2; done")
        for jump in (86400, -86400, 40 * 365 * 86400, -40 * 365 * 86400):
            time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME) + jump)
            expect_result(call(bulkhead, "exec", "clocked", "echo", "alive"), out=b"alive\n")
            expect(state_of(bulkhead, "clocked")["Status"] == "running", f"after a jump of {jump} s")
            expect("Up " in command(bulkhead, "ps"), "ps")
        command(bulkhead, "stop", "clocked")
        expect(state_of(bulkhead, "clocked")["ExitCode"] == 5, "its grace was cut short")
        lines = command(bulkhead, "logs", "clocked").split()
        expect(lines == [str(i) for i in range(len(lines))] and lines, "the log lost its order")
        command(bulkhead, "rm", "clocked")
    finally:
        time.clock_settime(time.CLOCK_REALTIME, real + time.monotonic() - begin)
    if command(bulkhead, "ps", "-a", "-q"):
        raise Failure("containers are left")
