"""Parts that die, stop or hang, at every stage of a container's life."""

import os
import signal
import subprocess
import time

from engine_cases import call, expect_result, state_of
from lifecycle_cases import command
from support import expect, parent_of, processes

ENDED = ("created", "exited", "dead")

# Where a supervisor is hit (docs/testing.md), what hits it, and how the container gets there.
FAULTS = (
    ("claimed", "kill"), ("starting", "kill"), ("launched", "kill"), ("launched", "kill-monitor"),
    ("running", "kill"), ("running", "kill-monitor"), ("paused", "kill"), ("paused", "kill-monitor"),
    ("stopping", "kill"), ("stopping", "kill-monitor"), ("ended", "kill"), ("recorded", "kill"), ("restarting", "kill"))
# A start takes time: those that leave most behind.
STARTED_AGAIN = (("launched", "kill"), ("running", "kill-monitor"), ("stopping", "kill"))


def supervisors():
    return [pid for pid, parent, name in processes() if name == "bulkhead" and parent == 1]


def run_with_fault(bulkhead, point, action, *arguments):
    return subprocess.run(bulkhead.command("run", "-d", "--name", "hit", *arguments), capture_output=True, check=False,
                          env={**os.environ, "BULKHEAD_FAULT": f"{point}:{action}"})


def await_end(bulkhead, what):
    """Until nobody owns the container any more; then its status must say so."""
    while supervisors() or bulkhead.monitors():
        time.sleep(0.05)
    if b"hit" not in call(bulkhead, "ps", "-a").stdout:
        return None
    state = state_of(bulkhead, "hit")
    expect(state["Status"] in ENDED, f"{what}: called {state['Status']} with nobody there")
    expect(not state["Running"], f"{what}: called running")
    return state


def bring_to_fault(bulkhead, point, action):
    ends_soon = point in ("ended", "recorded", "restarting")
    restart = ("--restart", "always") if point == "restarting" else ()
    script = "exit 4" if ends_soon else "sleep 10000"
    started = run_with_fault(bulkhead, point, action, *restart, "busybox", "sh", "-c", script)
    if point in ("claimed", "starting", "launched"):
        expect(started.returncode != 0 and started.stderr, f"{point}:{action}: the start says {started}")
    if point == "paused":
        call(bulkhead, "pause", "hit")
    if point == "stopping":
        call(bulkhead, "stop", "hit")


def killed_at_every_stage(bulkhead, _scale):
    """The supervisor and the monitor die at each stage: never "running", and it can start again or go."""
    for point, action in FAULTS:
        what = f"{action} at {point}"
        bring_to_fault(bulkhead, point, action)
        state = await_end(bulkhead, what)
        if state is not None:
            if action == "kill-monitor":
                expect(state["Status"] == "exited" and state["ExitCode"] in (125, 137, 143), f"{what}: {state}")
            if (point, action) in STARTED_AGAIN:
                command(bulkhead, "start", "hit")
                expect(state_of(bulkhead, "hit")["Status"] in ("running", "exited", "restarting"), f"{what}: cannot start again")
            command(bulkhead, "rm", "-f", "hit")
        # Its name is free.
        command(bulkhead, "create", "--name", "hit", "busybox", "true")
        command(bulkhead, "rm", "hit")


def stopped_supervisor(bulkhead, _scale):
    """A supervisor that stands still: lists do not wait for it, and rm -f ends it."""
    run_with_fault(bulkhead, "running", "none", "busybox", "sleep", "10000")
    supervisor = parent_of(bulkhead.monitors()[0])
    os.kill(supervisor, signal.SIGSTOP)
    expect("hit" in command(bulkhead, "ps"), "ps")
    expect(state_of(bulkhead, "hit")["Status"] == "running", "inspect")
    command(bulkhead, "rm", "-f", "hit")
    expect(not bulkhead.monitors(), "the machine is still there")


def wedged_guest(bulkhead, _scale):
    """A guest that does nothing any more: stop, kill and rm -f come to their end nevertheless."""
    for end in (("stop", "-t", "1"), ("kill",), ("rm", "-f")):
        command(bulkhead, "run", "-d", "--name", "wedged", "busybox", "sleep", "10000")
        os.kill(bulkhead.monitors()[0], signal.SIGSTOP)
        command(bulkhead, *end, "wedged")
        if end[0] == "rm":
            break
        expect(command(bulkhead, "wait", "wedged") == "137\n", f"wait after {end}")
        command(bulkhead, "rm", "wedged")
    expect(not bulkhead.monitors(), "a monitor is left")


def agent_and_kernel(bulkhead, _scale):
    """What a privileged container can do to its own guest ends that guest, and is told."""
    for key, codes in (("b", (125,)), ("o", (125,)), ("c", (125,)), ("i", (137,)), ("f", None)):
        result = call(bulkhead, "run", "--rm", "--privileged", "-m", "64m", "busybox", "sh", "-c",
                      f"echo {key} > /proc/sysrq-trigger; sleep 3; exit 9")
        expect(result.returncode in (codes or (9, 137)), f"sysrq {key}: exit code {result.returncode}: {result.stderr}")
        expect(codes != (125,) or result.stderr, f"sysrq {key}: nothing said")
    command(bulkhead, "run", "-d", "--name", "told", "--privileged", "busybox", "sleep", "10000")
    call(bulkhead, "exec", "told", "sh", "-c", "echo c > /proc/sysrq-trigger")
    expect(command(bulkhead, "wait", "told") == "125\n", "wait")
    expect("panic" in state_of(bulkhead, "told")["Error"], f"{state_of(bulkhead, 'told')}")
    expect_result(call(bulkhead, "exec", "told", "true"), code=1, err=b"is not running")
    expect("Kernel panic" in command(bulkhead, "logs", "--boot", "told"), "the console is not kept")
    command(bulkhead, "rm", "told")
