"""One run of the devhost: QEMU as a child, its streams relayed to ours, and the command's exit code."""

import contextlib
import ctypes
import os
import selectors
import signal
import socket
import subprocess
import threading
import time

from . import DevhostError, DevhostStuck, job, monitor, pulse, qemu, standstill, terminal

# A start takes about 8 seconds of processor time, and on a busy machine any time on the clock.
BOOT_CPU_SECONDS = 180
BOOT_SECONDS = 900
CHUNK = 1 << 18
CONSOLE_KEPT = 1 << 18
CONSOLE_LINES = 60
PR_SET_PDEATHSIG = 1


class Session:
    def __init__(self, kernel, initramfs, options):
        self.ours, self.theirs = {}, {}
        for name in (*qemu.PORTS, qemu.MONITOR):
            self.ours[name], self.theirs[name] = socket.socketpair()
        numbers = {name: end.fileno() for name, end in self.theirs.items()}
        self.command = qemu.command(kernel, initramfs, options, numbers)
        self.monitor = monitor.Monitor(self.ours[qemu.MONITOR])
        self.patience = options.patience
        self.terminal = terminal.Terminal() if terminal.is_interactive() else None
        self.has_input = not self.terminal and terminal.has_input()
        size = self.terminal.size() if self.terminal else None
        self.job = job.script(kernel, options, self.has_input, size).encode()
        self.selector = selectors.DefaultSelector()
        self.console = b""
        self.messages = b""
        self.relayed = {"out": 0, "err": 0}
        self.result = None
        self.ready = None

    def run(self):
        """Boots, runs the command, and returns its exit code."""
        process = self.start()
        try:
            with self.terminal or contextlib.nullcontext():
                self.connect(process.stdout)
                return self.serve(process)
        finally:
            process.kill()
            process.wait()

    def start(self):
        prctl = ctypes.CDLL(None).prctl
        process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[end.fileno() for end in self.theirs.values()],
            start_new_session=True,
            preexec_fn=lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
        )
        for end in self.theirs.values():
            end.close()
        return process

    def connect(self, console):
        watch = lambda source, callback: self.selector.register(source, selectors.EVENT_READ, callback)
        watch(console, self.on_console)
        watch(self.ours["control"], self.on_control)
        watch(self.ours["out"], lambda data: self.on_stream("out", 1, data))
        watch(self.ours["err"], lambda data: self.on_stream("err", 2, data))
        watch(self.ours["terminal"], lambda data: terminal.write_all(1, data))
        self.ours["control"].sendall(b"%d\n" % len(self.job) + self.job)
        if self.terminal:
            self.terminal.on_resize = lambda: self.ours["control"].sendall(b"%d %d\n" % self.terminal.size())
            start_thread(self.pump_keys)
        elif self.has_input:
            start_thread(self.pump_input)

    def serve(self, process):
        started = time.monotonic()
        heart = pulse.Pulse(self.monitor)
        while not self.finished():
            heart.check()
            spent = time.monotonic() - started
            if not self.ready and (spent > BOOT_SECONDS or cpu_seconds(process.pid) > BOOT_CPU_SECONDS):
                raise self.stood_still(f"its machine did not start in {spent:.0f} s")
            if self.patience and self.ready and time.monotonic() - self.ready > self.patience:
                raise self.stood_still(f"the command did not end in {self.patience} s")
            if not self.relay(timeout=pulse.PERIOD_SECONDS):
                raise self.failure("its machine died before the command ended")
        while self.terminal and self.relay(timeout=0.1, only_if_busy=True):
            pass
        return self.result[0]

    def relay(self, timeout, only_if_busy=False):
        """Passes on what has arrived. False once QEMU is gone and all it said has been read."""
        events = self.selector.select(timeout)
        for key, _ in events:
            data = read(key.fd)
            if data:
                key.data(data)
            else:
                self.selector.unregister(key.fileobj)
        return bool(self.selector.get_map()) and bool(events or not only_if_busy)

    def relay_for(self, seconds):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.relay(timeout=left)

    def finished(self):
        """The exit code may overtake the last output, so it comes with the number of bytes to expect."""
        if self.result is None:
            return False
        return (self.relayed["out"], self.relayed["err"]) >= self.result[1:]

    def on_stream(self, name, target, data):
        self.relayed[name] += len(data)
        terminal.write_all(target, data)

    def on_console(self, data):
        self.console = (self.console + data)[-CONSOLE_KEPT:]

    def on_control(self, data):
        *lines, self.messages = (self.messages + data).split(b"\n")
        for line in lines:
            word, _, rest = line.decode(errors="replace").partition(" ")
            if word == "ready":
                self.ready = time.monotonic()
            elif word == "exit":
                self.result = tuple(int(number) for number in rest.split())
            else:
                raise self.failure(rest or word)

    def pump_input(self):
        with contextlib.suppress(OSError):
            while data := os.read(0, CHUNK):
                self.ours["in"].sendall(data)
        with contextlib.suppress(OSError):
            self.ours["in"].shutdown(socket.SHUT_WR)

    def pump_keys(self):
        with contextlib.suppress(OSError):
            while data := os.read(0, CHUNK):
                if not self.ready and terminal.CTRL_C in data:
                    os.kill(os.getpid(), signal.SIGINT)
                self.ours["terminal"].sendall(data)

    def stood_still(self, reason):
        before = self.console.count(standstill.ANSWER)
        said = standstill.report(self.monitor, self.relay_for)
        answers = self.console.count(standstill.ANSWER) > before
        kind, what = (DevhostError, "") if answers else (DevhostStuck, "; its kernel does not answer")
        return self.failure(f"{reason}{what}; its processor:\n{said}", lines=None, kind=kind)

    def failure(self, reason, lines=CONSOLE_LINES, kind=DevhostError):
        tail = self.console.decode(errors="replace").replace("\r", "").strip().splitlines()
        tail = tail[-lines:] if lines else tail
        console = "".join(f"\n  | {line}" for line in tail)
        return kind(f"{reason}{'; its console said:' if tail else ''}{console}")


def start_thread(target):
    threading.Thread(target=target, daemon=True).start()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read(descriptor):
    try:
        return os.read(descriptor, CHUNK)
    except ConnectionResetError:
        return b""
