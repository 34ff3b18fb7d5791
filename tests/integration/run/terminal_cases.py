"""Terminals and signals."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

from support import expect


class PtyRun:
    """bulkhead run -it, or another verb, with a terminal of our own."""

    def __init__(self, bulkhead, *arguments, rows=40, columns=100, verb="run"):
        self.ours, self.theirs = pty.openpty()
        self.set_size(rows, columns)
        self.before = termios.tcgetattr(self.theirs)
        self.output = b""
        self.process = subprocess.Popen(bulkhead.command(verb, *arguments), stdin=self.theirs, stdout=self.theirs, stderr=self.theirs,
                                      start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def set_size(self, rows, columns):
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, text):
        while text not in self.output:
            expect(self.process.poll() is None or select.select([self.ours], [], [], 0)[0],
                   f"ended with {self.process.returncode} before {text!r}: {self.output!r}")
            if select.select([self.ours], [], [], 0.1)[0]:
                self.output += os.read(self.ours, 65536)

    def type(self, text):
        os.write(self.ours, text)

    def finish(self):
        """The exit code; the terminal must be as it was."""
        while self.process.poll() is None:
            if select.select([self.ours], [], [], 0.1)[0]:
                self.output += os.read(self.ours, 65536)
        expect(termios.tcgetattr(self.theirs) == self.before, "the terminal was not restored")
        os.close(self.ours)
        os.close(self.theirs)
        return self.process.returncode


# Job for a shell at a terminal: says when it is in the foreground, the second time too.
JOB = b"""sh -c "trap 'echo cont''inued' CONT; echo be''gan; while :; do sleep 0.1; done"\n"""


def terminal(bulkhead):
    """A shell on a terminal: its size, its resizing, its keys, its exit code, and ours restored."""
    run = PtyRun(bulkhead, "--rm", "-it", "busybox", "sh")
    run.read_until(b"# ")
    run.type(b"stty size; echo $TERM; tty\n")
    run.read_until(b"40 100\r\nxterm\r\n/dev/pts/0")
    run.set_size(50, 132)
    os.kill(run.process.pid, signal.SIGWINCH)
    # The new size arrives a moment later: the shell is asked until it has it.
    run.type(b"until stty size | grep '50 132'; do sleep 0.1; done\n")
    run.read_until(b"50 132\r\n")
    run.type(JOB)
    run.read_until(b"began\r\n")
    run.type(b"\x03")  # Ctrl-C is the container's: the shell lives on
    run.type(b"echo still here: $((40 + 2))\n")
    run.read_until(b"still here: 42")
    run.type(b"exit 7\n")
    code = run.finish()
    expect(code == 7, f"exit code {code}")
    # The program is ended by a signal while the terminal is raw.
    run = PtyRun(bulkhead, "--rm", "-it", "busybox", "sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done")
    run.read_until(b"ready")
    expect(termios.tcgetattr(run.theirs)[3] & termios.ICANON == 0, "the terminal is not raw")
    run.process.send_signal(signal.SIGTERM)
    code = run.finish()
    expect(code == 9, f"exit code after SIGTERM {code}")
    result = bulkhead.run("--rm", "-it", "busybox", "sh", check_code=125)
    expect(b"the input device is not a TTY" in result.stderr, f"stderr: {result.stderr!r}")


def session(bulkhead):
    """A day at a terminal: job control, vi and less, leaving the container and coming back."""
    run = PtyRun(bulkhead, "-it", "--name", "desk", "busybox", "sh")
    run.read_until(b"# ")
    run.type(JOB)
    run.read_until(b"began\r\n")
    run.type(b"\x1a")  # Ctrl-Z
    run.read_until(b"Stopped")
    run.type(b"fg\n")
    run.read_until(b"continued\r\n")
    run.type(b"\x03")
    run.type(b"echo job done: $((1 + 1))\n")
    run.read_until(b"job done: 2")
    run.type(b"vi /tmp/letter\n")
    run.read_until(b"/tmp/letter")
    time.sleep(1)
    # An escape that more follows at once is the beginning of a key's code.
    run.type(b"iwritten in vi\x1b")
    time.sleep(1)
    run.type(b":wq\n")
    time.sleep(1)
    run.type(b"echo; sed s/written/saved/ /tmp/letter\n")
    run.read_until(b"saved in vi\r\n")
    run.type(b"seq 1 500 | less\n")
    run.read_until(b"\x1b[K39\r\n")  # a screen full
    run.type(b"q")
    run.type(b"echo paged: $((40 + 2))\n")
    run.read_until(b"paged: 42")
    run.type(b"\x10")  # Ctrl-P alone is the shell's
    run.type(b"\x15\x10\x11")
    code = run.finish()
    expect(code == 0, f"exit code after detaching {code}")
    listed = subprocess.run(bulkhead.command("ps"), check=True, stdout=subprocess.PIPE).stdout
    expect(b"desk" in listed, f"it does not run any more: {listed!r}")
    run = PtyRun(bulkhead, "--detach-keys", "ctrl-a,d", "desk", verb="attach")
    run.type(b"echo back: $((50 + 5))\n")
    run.read_until(b"back: 55")
    run.type(b"\x01d")
    expect(run.finish() == 0, "other detach keys")
    run = PtyRun(bulkhead, "desk", verb="attach")
    run.type(b"exit 4\n")
    code = run.finish()
    expect(code == 4, f"exit code {code}")
    # A terminal of another size than the one before, at the first attach.
    told = subprocess.run(bulkhead.command("events", "--since", "1h", "--until", "0s", "--filter", "container=desk", "--format",
                                           "{{.Action}} {{.Actor.Attributes.height}}"), check=True, stdout=subprocess.PIPE).stdout.decode()
    expect(told.count("detach") == 2, f"events: {told}")
    expect("resize 40" in told, f"events: {told}")
    subprocess.run(bulkhead.command("rm", "desk"), check=True, stdout=subprocess.DEVNULL)


# No && in a trap: busybox's shell forgets the left side's status when the next signal comes during it.
TRAPS = ("for s in HUP INT QUIT TERM USR1; do trap \"echo got $s\" $s; done; trap 'echo got USR2; exit 3' USR2;"
         " echo ready; while :; do sleep 0.1; done")


def signals(bulkhead):
    """Signals to bulkhead are the container's; insisting kills it; before it runs they end the start."""
    with bulkhead.start("--rm", "busybox", "sh", "-c", TRAPS, stdout=subprocess.PIPE) as process:
        expect(process.stdout.readline() == b"ready\n", "no container")
        for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2"):
            process.send_signal(getattr(signal, "SIG" + name))
            line = process.stdout.readline()
            expect(line == f"got {name}\n".encode(), f"after SIG{name}: {line!r}")
        code = process.wait()
    expect(code == 3, f"exit code {code}")
    with bulkhead.start("--rm", "busybox", "sh", "-c", "trap '' TERM; echo ready; sleep 10000",
                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        expect(process.stdout.readline() == b"ready\n", "no container")
        for _ in range(3):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.1)
        code = process.wait()
    expect(code == 137, f"exit code of an insisted end: {code}")
    with bulkhead.start("--rm", "busybox", "true") as process:
        while not bulkhead.monitors():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        code = process.wait()
    expect(code == 130, f"exit code of an interrupted start: {code}")
