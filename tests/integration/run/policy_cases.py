"""What happens to a container without anybody's command: restarts, health checks, limits of its life; and the
events that tell of it."""

import itertools
import json
import os
import select
import signal
import subprocess
import time

from engine_cases import call, expect_result, state_of
from lifecycle_cases import command
from support import expect


def await_state(bulkhead, name, **wanted):
    """Waits until the container's State has these values; the test's own time limit ends a wait in vain."""
    while True:
        state = state_of(bulkhead, name)
        if all(state.get(key) == value for key, value in wanted.items()):
            return state
        time.sleep(0.1)


def restart_count(bulkhead, name):
    return json.loads(command(bulkhead, "inspect", name))[0]["RestartCount"]


def restart_policies(bulkhead):
    """on-failure with a most, always, and what stop, kill and rm -f do to them."""
    command(bulkhead, "run", "-d", "--name", "fails", "--restart", "on-failure:2", "busybox", "sh", "-c", "echo run; exit 3")
    await_state(bulkhead, "fails", Status="exited")
    expect(restart_count(bulkhead, "fails") == 2, f"restarted {restart_count(bulkhead, 'fails')} times")
    expect(command(bulkhead, "logs", "fails") == "run\n" * 3, "three runs, three lines")
    expect(state_of(bulkhead, "fails")["ExitCode"] == 3, "the last run's exit code")
    command(bulkhead, "rm", "fails")

    command(bulkhead, "run", "-d", "--name", "good", "--restart", "on-failure", "busybox", "true")
    await_state(bulkhead, "good", Status="exited")
    expect(restart_count(bulkhead, "good") == 0, "a success is no failure")
    command(bulkhead, "rm", "good")

    command(bulkhead, "run", "-d", "--name", "always", "--restart", "always", "busybox", "sh", "-c", "echo run; sleep 10000")
    # A machine that is lost is a failure like any other.
    os.kill(state_of(bulkhead, "always")["Pid"], signal.SIGKILL)
    while restart_count(bulkhead, "always") < 1:
        time.sleep(0.1)
    await_state(bulkhead, "always", Status="running")
    expect_result(call(bulkhead, "exec", "always", "echo", "alive"), out=b"alive\n")
    command(bulkhead, "stop", "-t", "0", "always")
    expect(state_of(bulkhead, "always")["Status"] == "exited", "stop ends it for good")
    command(bulkhead, "start", "always")
    expect(restart_count(bulkhead, "always") == 0, "a start of the user's begins anew")
    command(bulkhead, "kill", "always")
    await_state(bulkhead, "always", Status="exited")
    command(bulkhead, "start", "always")
    command(bulkhead, "rm", "-f", "always")

    # Between two runs it is restarting, and can be stopped or removed then, too.
    command(bulkhead, "run", "-d", "--name", "loop", "--restart", "always", "busybox", "false")
    while restart_count(bulkhead, "loop") < 2:
        time.sleep(0.1)
    expect(call(bulkhead, "start", "loop").returncode == 0, "it is started already")
    command(bulkhead, "stop", "-t", "0", "loop")
    expect(state_of(bulkhead, "loop")["Status"] == "exited", "stop while it restarts")
    command(bulkhead, "start", "loop")
    command(bulkhead, "rm", "-f", "loop")
    expect_result(call(bulkhead, "run", "--rm", "--restart", "always", "busybox", "true"), code=125, err=b"--restart and --rm")


def pausing(bulkhead):
    """A paused container stands still, is told apart, and goes on, or ends."""
    command(bulkhead, "run", "-d", "--name", "still", "busybox", "sh", "-c", "while :; do echo tick; sleep 0.2; done")
    while not command(bulkhead, "logs", "still"):
        time.sleep(0.1)
    expect(command(bulkhead, "pause", "still") == "still\n", "pause")
    expect(state_of(bulkhead, "still")["Paused"] and state_of(bulkhead, "still")["Status"] == "paused", "inspect")
    expect("(Paused)" in command(bulkhead, "ps"), "ps")
    # What was on its way may still arrive; then nothing comes.
    time.sleep(1)
    before = command(bulkhead, "logs", "still")
    time.sleep(2)
    expect(command(bulkhead, "logs", "still") == before, "it went on while it was paused")
    expect_result(call(bulkhead, "exec", "still", "true"), code=1, err=b"paused")
    expect_result(call(bulkhead, "pause", "still"), code=1, err=b"paused already")
    expect_result(call(bulkhead, "start", "still"), code=1, err=b"unpause")
    command(bulkhead, "unpause", "still")
    expect_result(call(bulkhead, "unpause", "still"), code=1, err=b"not paused")
    while command(bulkhead, "logs", "still") == before:
        time.sleep(0.1)
    expect_result(call(bulkhead, "exec", "still", "echo", "alive"), out=b"alive\n")
    boot = command(bulkhead, "logs", "--boot", "still")
    for complaint in ("soft lockup", "rcu", "clocksource: timekeeping"):
        expect(complaint not in boot, f"the guest noticed: {boot}")
    command(bulkhead, "pause", "still")
    command(bulkhead, "stop", "-t", "0", "still")
    expect(state_of(bulkhead, "still")["ExitCode"] == 137, "stop of a paused container")
    command(bulkhead, "start", "still")
    command(bulkhead, "pause", "still")
    command(bulkhead, "kill", "still")
    expect(command(bulkhead, "wait", "still") == "137\n", "kill of a paused container")
    expect_result(call(bulkhead, "pause", "still"), code=1, err=b"is not running")
    command(bulkhead, "start", "still")
    command(bulkhead, "pause", "still")
    command(bulkhead, "rm", "-f", "still")


def health(bulkhead):
    """starting, healthy, unhealthy; what the checks said; a check that hangs."""
    command(bulkhead, "run", "-d", "--name", "well", "--health-cmd", "echo looked; test -e /tmp/well", "--health-interval", "500ms",
            "--health-retries", "2", "busybox", "sleep", "10000")
    expect(state_of(bulkhead, "well")["Health"]["Status"] == "starting", "before the first check")
    expect("(health: starting)" in command(bulkhead, "ps"), "ps")
    while state_of(bulkhead, "well")["Health"]["Status"] != "unhealthy":
        time.sleep(0.1)
    last = state_of(bulkhead, "well")["Health"]
    expect(last["FailingStreak"] >= 2 and last["Log"][-1]["ExitCode"] == 1 and last["Log"][-1]["Output"] == "looked\n", f"{last}")
    expect("(unhealthy)" in command(bulkhead, "ps"), "ps")
    expect_result(call(bulkhead, "exec", "well", "touch", "/tmp/well"))
    while state_of(bulkhead, "well")["Health"]["Status"] != "healthy":
        time.sleep(0.1)
    expect("(healthy)" in command(bulkhead, "ps"), "ps")
    command(bulkhead, "rm", "-f", "well")
    command(bulkhead, "run", "-d", "--name", "hangs", "--health-cmd", "sleep 10000", "--health-interval", "200ms",
            "--health-timeout", "1s", "--health-retries", "1", "busybox", "sleep", "10000")
    while state_of(bulkhead, "hangs")["Health"]["Status"] != "unhealthy":
        time.sleep(0.1)
    log = state_of(bulkhead, "hangs")["Health"]["Log"]
    expect(log[-1]["ExitCode"] == -1 and "exceeded timeout" in log[-1]["Output"], f"{log}")
    while "sleep 10000" in call(bulkhead, "exec", "hangs", "sh", "-c", "ps | grep -v grep | grep 'sh -c sleep'").stdout.decode():
        time.sleep(0.1)  # the one that is under way; those before were killed
    command(bulkhead, "rm", "-f", "hangs")


def life_limits(bulkhead):
    """--ttl, and --idle-timeout, which a live exec or output holds off; neither starts it again."""
    command(bulkhead, "run", "-d", "--name", "short", "--ttl", "1s", "--stop-timeout", "0", "--restart", "always", "busybox",
            "sleep", "10000")
    command(bulkhead, "wait", "short")
    state = await_state(bulkhead, "short", Status="exited")
    expect("time to live" in state["Error"], f"{state}")
    command(bulkhead, "rm", "short")
    command(bulkhead, "run", "-d", "-i", "--name", "idle", "--idle-timeout", "3s", "--stop-timeout", "0", "busybox", "cat")
    busy = subprocess.run(bulkhead.command("exec", "idle", "sleep", "8"), check=False)
    expect(busy.returncode == 0, "it was stopped under a live exec")
    expect(command(bulkhead, "wait", "idle") == "137\n", "it was not stopped")
    expect("idle" in state_of(bulkhead, "idle")["Error"], f"{state_of(bulkhead, 'idle')}")
    command(bulkhead, "rm", "idle")


def actions(lines):
    return [json.loads(line)["Action"] for line in lines]


def events(bulkhead):
    """docker's events in order; a cursor goes on where it was."""
    filters = ("--filter", "container=told", "--filter", "container=earlier")
    with subprocess.Popen(bulkhead.command("events", "--format", "json", *filters), stdout=subprocess.PIPE) as follower:
        while not select.select([follower.stdout], [], [], 0)[0]:  # it does not follow yet
            command(bulkhead, "create", "--name", "earlier", "busybox", "true")
            command(bulkhead, "rm", "earlier")
        command(bulkhead, "create", "--name", "told", "--label", "tier=front", "busybox", "sleep", "10000")
        command(bulkhead, "start", "told")
        expect_result(call(bulkhead, "exec", "told", "true"))
        command(bulkhead, "pause", "told")
        command(bulkhead, "unpause", "told")
        command(bulkhead, "kill", "told")
        command(bulkhead, "wait", "told")
        command(bulkhead, "rm", "told")
        wanted = ["create", "start", "exec_create: true", "exec_start: true", "exec_die", "pause", "unpause", "kill", "die",
                  "destroy"]
        told = (line for line in follower.stdout if json.loads(line)["Actor"]["Attributes"]["name"] == "told")
        lines = list(itertools.islice(told, len(wanted)))
        expect(actions(lines) == wanted, f"{actions(lines)}")
        follower.kill()
    die = json.loads(lines[8])
    expect(die["Actor"]["Attributes"]["exitCode"] == "137" and die["Actor"]["Attributes"]["tier"] == "front", f"{die}")
    cursor = json.loads(lines[6])["cursor"]
    rest = command(bulkhead, "events", "--cursor", str(cursor), "--until", "0s", "--format", "json", "--filter", "container=told")
    expect(actions(rest.splitlines()) == wanted[7:], f"after the cursor: {rest}")
    past = command(bulkhead, "events", "--since", "1h", "--until", "0s", "--filter", "container=told", "--filter", "event=die")
    expect(past.count("\n") == 1 and "exitCode=137" in past, f"{past}")
    expect_result(call(bulkhead, "events", "--filter", "nonsense=1"), code=1, err=b"invalid filter")


def changing(bulkhead):
    """rename and update, of containers that run and that do not; logs by stream; the guest's console."""
    command(bulkhead, "run", "-d", "--name", "old", "-m", "256m", "busybox", "sh", "-c", "echo out; echo err >&2; sleep 10000")
    command(bulkhead, "rename", "old", "new")
    expect_result(call(bulkhead, "inspect", "old"), code=1, err=b"old")
    command(bulkhead, "create", "--name", "other", "busybox", "true")
    expect_result(call(bulkhead, "rename", "new", "other"), code=1, err=b"already in use")
    command(bulkhead, "rename", "other", "third")
    command(bulkhead, "rm", "third")
    command(bulkhead, "update", "-m", "128m", "--pids-limit", "50", "--restart", "always", "new")
    limits = call(bulkhead, "exec", "new", "cat", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/pids.max").stdout
    expect(limits == b"134217728\n50\n", f"in the guest: {limits}")
    expect_result(call(bulkhead, "update", "-m", "8g", "new"), code=1, err=b"cannot grow")
    expect_result(call(bulkhead, "update", "new"), code=1, err=b"one or more flags")
    while call(bulkhead, "logs", "--stderr", "new").stderr != b"err\n":
        time.sleep(0.1)
    expect_result(call(bulkhead, "logs", "--stdout", "new"), out=b"out\n")
    expect_result(call(bulkhead, "logs", "--stderr", "new"), out=b"")
    expect_result(call(bulkhead, "port", "new"), out=b"")
    expect_result(call(bulkhead, "port", "new", "80"), code=1, err=b"80/tcp")
    command(bulkhead, "stop", "-t", "0", "new")
    command(bulkhead, "update", "-m", "200m", "--restart", "no", "new")
    command(bulkhead, "start", "new")
    limits = call(bulkhead, "exec", "new", "cat", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/pids.max").stdout
    expect(limits == b"209715200\n50\n", f"after the next start: {limits}")
    # The guest prints little, but what it prints is there, while it runs and after its end.
    call(bulkhead, "exec", "--privileged", "new", "sh", "-c", "echo '<1>a word from inside' > /dev/kmsg")
    command(bulkhead, "stop", "-t", "0", "new")
    expect_result(call(bulkhead, "logs", "--boot", "new"))
    command(bulkhead, "rm", "new")
