"""Containers in the background, and what can be done to them."""

import json
import os
import signal
import subprocess
import time

from lifecycle_cases import command
from support import expect, parent_of


def call(bulkhead, *words, stdin=subprocess.DEVNULL, data=None):
    if data is not None:
        return subprocess.run(bulkhead.command(*words), input=data, capture_output=True, check=False)
    return subprocess.run(bulkhead.command(*words), stdin=stdin, capture_output=True, check=False)


def expect_result(result, code=0, out=None, err=None):
    expect(result.returncode == code, f"exit code {result.returncode}, expected {code}: {result.stderr!r}")
    if out is not None:
        expect(result.stdout == out, f"printed {result.stdout!r}, expected {out!r}")
    if err is not None:
        expect(err in result.stderr, f"no {err!r} in {result.stderr!r}")


def state_of(bulkhead, name):
    return json.loads(command(bulkhead, "inspect", name))[0]["State"]


def background(bulkhead):
    """run -d, ps, inspect, logs -f, stop by the container's own signal, wait, rm."""
    container = command(bulkhead, "run", "-d", "--name", "web", "--stop-signal", "INT", "-l", "tier=front", "busybox", "sh",
                        "-c", "trap 'echo stopping; exit 7' INT; echo ready; while :; do sleep 0.1; done").strip()
    expect(len(container) == 64, f"printed {container!r}")
    expect("Up " in command(bulkhead, "ps"), "not listed")
    found = json.loads(command(bulkhead, "inspect", "web"))[0]
    expect(found["Id"] == container and found["State"]["Status"] == "running", f"inspect: {found}")
    expect(found["Config"]["Labels"] == {"tier": "front"}, f"labels: {found['Config']['Labels']}")
    with subprocess.Popen(bulkhead.command("logs", "-f", "web"), stdout=subprocess.PIPE) as follower, \
            subprocess.Popen(bulkhead.command("wait", "web"), stdout=subprocess.PIPE) as waiter:
        expect(follower.stdout.readline() == b"ready\n", "logs -f does not show what was before")
        expect(command(bulkhead, "stop", "web") == "web\n", "stop does not say what it stopped")
        expect(follower.stdout.read() == b"stopping\n", "logs -f does not end with the container")
        expect(waiter.stdout.read() == b"7\n", "wait")
    expect("Exited (7)" in command(bulkhead, "ps", "-a"), "ps -a")
    expect(command(bulkhead, "wait", "web") == "7\n", "wait for one that has ended")
    expect(command(bulkhead, "stop", "web") == "web\n", "stopping what is stopped")
    expect_result(call(bulkhead, "kill", "web"), code=1, err=b"is not running")
    expect_result(call(bulkhead, "exec", "web", "true"), code=1, err=b"is not running")
    command(bulkhead, "rm", "web")
    expect_result(call(bulkhead, "logs", "web"), code=1, err=b"No such container")


def restarts(bulkhead):
    """What a container wrote is there when it starts again, however it ended."""
    def await_starts(count):
        while command(bulkhead, "logs", "kept").count("started\n") < count:
            time.sleep(0.1)

    command(bulkhead, "create", "--name", "kept", "busybox", "sh", "-c", "cat /data 2>/dev/null; echo started; sleep 10000")
    expect("Created" in command(bulkhead, "ps", "-a"), "ps -a")
    for starts, end in ((1, ("stop", "-t", "0")), (2, ("kill",))):
        command(bulkhead, "start", "kept")
        expect(command(bulkhead, "start", "kept") == "kept\n", "starting what runs")
        await_starts(starts)
        expect_result(call(bulkhead, "exec", "kept", "sh", "-c", f"echo {end[0]} >> /data"))
        command(bulkhead, *end, "kept")
        expect(command(bulkhead, "wait", "kept") == "137\n", f"wait after {end}")
        expect(state_of(bulkhead, "kept")["ExitCode"] == 137, "inspect")
    command(bulkhead, "restart", "kept")
    await_starts(3)
    command(bulkhead, "restart", "-t", "0", "kept")
    await_starts(4)
    logs = command(bulkhead, "logs", "kept")
    expect(logs == "started\nstop\nstarted\n" + "stop\nkill\nstarted\n" * 2, f"logs over restarts: {logs!r}")
    command(bulkhead, "rm", "-f", "kept")
    result = call(bulkhead, "run", "-d", "busybox", "no-such-program")
    expect_result(result, code=127, out=b"", err=b"no-such-program")
    command(bulkhead, "create", "--name", "broken", "busybox", "no-such-program")
    expect_result(call(bulkhead, "start", "broken"), code=1, err=b"no-such-program")
    expect("no-such-program" in state_of(bulkhead, "broken")["Error"], "inspect does not say why")
    expect_result(call(bulkhead, "start", "-a", "broken"), code=127, err=b"no-such-program")
    command(bulkhead, "rm", "broken")
    command(bulkhead, "create", "--name", "echo", "-i", "busybox", "cat")
    expect_result(call(bulkhead, "start", "-ai", "echo", data=b"typed\n"), out=b"typed\n")
    command(bulkhead, "rm", "echo")


def execs(bulkhead):
    """Further processes: streams, exit codes, user, directory, environment, many at once."""
    command(bulkhead, "run", "-d", "--rm", "--name", "host", "-e", "FIRST=1", "-w", "/tmp", "busybox", "sleep", "10000")
    result = call(bulkhead, "exec", "host", "sh", "-c", "echo out; echo err >&2; exit 9")
    expect((result.returncode, result.stdout, result.stderr) == (9, b"out\n", b"err\n"), f"{result}")
    expect_result(call(bulkhead, "exec", "host", "cat"), out=b"")
    data = os.urandom(3 << 20)
    expect_result(call(bulkhead, "exec", "-i", "host", "cat", data=data), out=data)
    expect_result(call(bulkhead, "exec", "-u", "12:34", "-w", "/usr", "-e", "MORE=2", "host", "sh", "-c",
                       "echo $FIRST $MORE; pwd; id -u; id -g"), out=b"1 2\n/usr\n12\n34\n")
    expect_result(call(bulkhead, "exec", "host", "no-such-program"), code=127, err=b"no-such-program")
    expect_result(call(bulkhead, "exec", "host", "/etc"), code=126)
    expect_result(call(bulkhead, "exec", "host", "sh", "-c", "kill -TERM $$"), code=143)
    expect_result(call(bulkhead, "exec", "-d", "host", "sh", "-c", "echo done > /tmp/mark"))
    expect_result(call(bulkhead, "exec", "host", "sh", "-c", "until [ -e /tmp/mark ]; do sleep 0.1; done; cat /tmp/mark"),
                  out=b"done\n")
    many = [subprocess.Popen(bulkhead.command("exec", "host", "sh", "-c", f"echo {i}"), stdout=subprocess.PIPE)
            for i in range(10)]
    for i, process in enumerate(many):
        with process:
            expect(process.stdout.read() == f"{i}\n".encode(), f"exec {i}")
            expect(process.wait() == 0, f"exec {i}")
    # The container's end is the end of all of them.
    with subprocess.Popen(bulkhead.command("exec", "host", "sh", "-c", "echo runs; sleep 10000"), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        expect(process.stdout.readline() == b"runs\n", "exec")
        command(bulkhead, "stop", "-t", "0", "host")
        expect(process.wait() != 0, "an exec outlived its container")


def attaching(bulkhead):
    """attach sees what comes from then on, gives input, passes signals, and gets the exit code."""
    command(bulkhead, "run", "-d", "-i", "--name", "shell", "busybox", "sh", "-c",
            "trap 'echo got USR1' USR1; while :; do read line || continue; echo \"<$line>\"; [ \"$line\" != end ] || exit 5; done")
    for line in (b"one", b"two"):
        # Its input stays open when a client goes: it was not started with one.
        with subprocess.Popen(bulkhead.command("attach", "shell"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
            client.stdin.write(line + b"\n")
            client.stdin.flush()
            expect(client.stdout.readline() == b"<" + line + b">\n", f"no answer to {line!r}")
            client.kill()
    with subprocess.Popen(bulkhead.command("attach", "shell"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        client.stdin.write(b"last\n")
        client.stdin.flush()
        expect(client.stdout.readline() == b"<last>\n", "no answer")
        client.send_signal(signal.SIGUSR1)
        expect(client.stdout.readline() == b"got USR1\n", "no signal")
        client.stdin.write(b"end\n")
        client.stdin.close()
        rest = client.stdout.read()
        expect(rest == b"<end>\n", f"then came {rest!r}")
        expect(client.wait() == 5, f"exit code {client.returncode}")
    expect(command(bulkhead, "logs", "shell") == "<one>\n<two>\n<last>\ngot USR1\n<end>\n", "logs")
    command(bulkhead, "rm", "shell")


def crashes(bulkhead):
    """A container that lost its machine or its supervisor is never called running, and can start again."""
    command(bulkhead, "run", "-d", "--name", "victim", "busybox", "sleep", "10000")
    os.kill(state_of(bulkhead, "victim")["Pid"], signal.SIGKILL)
    expect(command(bulkhead, "wait", "victim") == "125\n", "wait")
    state = state_of(bulkhead, "victim")
    expect(state["Status"] == "exited" and "killed by signal 9" in state["Error"], f"{state}")
    command(bulkhead, "start", "victim")
    monitor = state_of(bulkhead, "victim")["Pid"]
    os.kill(parent_of(monitor), signal.SIGKILL)
    while os.path.exists(f"/proc/{monitor}"):
        time.sleep(0.01)
    expect(state_of(bulkhead, "victim")["Status"] == "dead", "not dead")
    expect("Dead" in command(bulkhead, "ps", "-a"), "ps -a")
    expect_result(call(bulkhead, "exec", "victim", "true"), code=1, err=b"is not running")
    command(bulkhead, "start", "victim")
    expect_result(call(bulkhead, "exec", "victim", "echo", "alive"), out=b"alive\n")
    command(bulkhead, "rm", "-f", "victim")
