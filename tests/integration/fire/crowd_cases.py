"""Much at once, and much after another."""

import fcntl
import os
import random
import subprocess
import threading
import time

from engine_cases import call, expect_result, state_of
from lifecycle_cases import command
from support import expect, parent_of

VERBS = (("start",), ("stop", "-t", "0"), ("restart", "-t", "0"), ("kill",), ("pause",), ("unpause",), ("exec", "true"),
         ("inspect",), ("logs",), ("wait",))
# What a command may say when another one was quicker.
LOST_RACES = (b"is not running", b"is running", b"has ended", b"supervisor is gone", b"paused", b"does not run",
              b"was started already", b"is busy", b"was stopped while it started", b"has ended with", b"agent: ")
CALM = ("created", "exited", "dead")


def one_command(bulkhead, container, verb, problems):
    words = (verb[0], container, *verb[1:]) if verb[0] == "exec" else (*verb, container)
    if verb[0] == "wait":
        words = ("inspect", container)  # a wait may take as long as it takes
    result = call(bulkhead, *words)
    if result.returncode != 0 and not any(race in result.stderr for race in LOST_RACES):
        # An exec's own end by the container's kill is an exit code.
        if not (verb[0] == "exec" and result.returncode in (137, 125)):
            problems.append((words, result.returncode, result.stderr))


def many_at_once(bulkhead, scale):
    """Many commands on few containers: each succeeds or says which race it lost; the states stay true."""
    containers = [f"crowd{i}" for i in range(min(2 + scale, 10))]
    for container in containers:
        command(bulkhead, "create", "--name", container, "busybox", "sleep", "10000")
    problems = []

    def act(seed):
        chance = random.Random(seed)
        for _ in range(3 + scale):
            one_command(bulkhead, chance.choice(containers), chance.choice(VERBS), problems)

    workers = [threading.Thread(target=act, args=(seed,)) for seed in range(min(5 * (1 + scale), 50))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    expect(not problems, f"{len(problems)} commands failed: {problems[:5]}")
    for container in containers:
        command(bulkhead, "stop", "-t", "0", container)
        expect(state_of(bulkhead, container)["Status"] in CALM, f"{container} is not stopped")
        command(bulkhead, "start", container)
        expect_result(call(bulkhead, "exec", container, "echo", "alive"), out=b"alive\n")
        command(bulkhead, "rm", "-f", container)


def resident_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private"))


def usage(pid):
    return resident_kib(pid), len(os.listdir(f"/proc/{pid}/fd"))


def many_execs(bulkhead, scale):
    """Exec after exec: memory and descriptors of the supervisor and the monitor stay flat."""
    command(bulkhead, "run", "-d", "--name", "host", "busybox", "sleep", "10000")
    monitor = bulkhead.monitors()[0]
    parts = {"monitor": monitor, "supervisor": parent_of(monitor)}
    early = {}
    for i in range(20 + 40 * scale):
        if i == 20:
            early = {name: usage(pid) for name, pid in parts.items()}
        expect_result(call(bulkhead, "exec", "host", "echo", str(i)), out=f"{i}\n".encode())
    for name, pid in parts.items():
        memory, files = usage(pid)
        print(f"{40 * scale} execs: {name} {early[name][0]} -> {memory} KiB, {early[name][1]} -> {files} descriptors")
        # Guest memory that was touched is the monitor's, too: a guest that runs touches more of it.
        most = 16 * 1024 if name == "monitor" else 512
        expect(memory - early[name][0] < most, f"the {name} grew from {early[name][0]} to {memory} KiB")
        expect(files <= early[name][1] + 1, f"the {name} holds {files} descriptors, {early[name][1]} before")
    left = call(bulkhead, "exec", "host", "sh", "-c", "ls -d /proc/[0-9]* | wc -l").stdout
    expect(int(left) <= 4, f"{left} processes are left in the container")
    command(bulkhead, "rm", "-f", "host")


def much_output(bulkhead, scale):
    """Programs that print 8 MiB and end at once, side by side: every byte arrives, in order, and is in the log."""
    script = "head -c 8388608 /dev/zero | tr '\\0' x | fold -w 79"
    lines, rest = divmod(8388608, 79)
    expected = (b"x" * 79 + b"\n") * lines + b"x" * rest
    for _ in range(scale):
        processes = [subprocess.Popen(bulkhead.command("run", "--name", f"writer{i}", "busybox", "sh", "-c", script),
                                      stdout=subprocess.PIPE) for i in range(min(2 * scale, 8))]
        for i, process in enumerate(processes):
            output = process.stdout.read()
            expect(process.wait() == 0, f"exit code {process.returncode}")
            expect(output.rstrip(b"\n") == expected.rstrip(b"\n"), f"{len(output)} bytes of {len(expected)}")
            kept = subprocess.run(bulkhead.command("logs", f"writer{i}"), stdout=subprocess.PIPE, check=True).stdout
            expect(kept == output, f"the log holds {len(kept)} of {len(output)} bytes")
            command(bulkhead, "rm", f"writer{i}")


BATCH = 10
ENDS = ((("stop", "-t", "0"), ("rm",)), (("kill",), ("wait",), ("rm",)), (("rm", "-f"),))


def one_batch(bulkhead, number, kind):
    """Starts BATCH clones at once and ends them at once. Gives (template, boot id) of each."""
    names = [f"clone-{number}-{i}" for i in range(BATCH)]
    script = "cat /proc/sys/kernel/random/boot_id; exec sleep 100000"
    starts = [subprocess.Popen(bulkhead.command("run", "-d", "--name", name, "--template", kind, "busybox", "sh", "-c", script),
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for name in names]
    for name, start in zip(names, starts):
        _, errors = start.communicate()
        expect(start.returncode == 0, f"{name}: {errors.decode(errors='replace')}")
    found = []
    for name in names:
        while not (said := command(bulkhead, "logs", name)):
            time.sleep(0.05)
        found.append((state_of(bulkhead, name)["StartedFrom"], said))
    expect(len(bulkhead.monitors()) == BATCH, f"{len(bulkhead.monitors())} machines of {BATCH}")
    for step in range(max(len(end) for end in ENDS)):
        verbs = [(name, ENDS[i % len(ENDS)][step]) for i, name in enumerate(names) if step < len(ENDS[i % len(ENDS)])]
        ends = [subprocess.Popen(bulkhead.command(*verb, name), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                for name, verb in verbs]
        for (name, verb), end in zip(verbs, ends):
            _, errors = end.communicate()
            expect(end.returncode == 0, f"{verb} {name}: {errors.decode(errors='replace')}")
    return found


def available_mib():
    with open("/proc/meminfo", encoding="utf-8") as file:
        return int(dict(line.split(":", 1) for line in file)["MemAvailable"].split()[0]) // 1024


def many_clones(bulkhead, scale):
    """Clones of a machine's template and of an image's, started and ended in batches: each is a clone with a boot id
    of its own, none is left."""
    command(bulkhead, "run", "--rm", "--template", "image", "busybox", "true")
    begin = time.monotonic()
    clones = one_batch(bulkhead, 0, "image")
    early = available_mib()
    for number in range(1, 2 * scale):
        clones += one_batch(bulkhead, number, "machine" if number % 2 else "image")
    origins, identities = {origin for origin, _ in clones}, {identity for _, identity in clones}
    expect(sorted(origin.rsplit(" ", 1)[0] for origin in origins) == ["image template", "template"], f"from elsewhere: {origins}")
    expect(len(identities) == len(clones), f"{len(clones)} clones have {len(identities)} boot ids")
    print(f"{len(clones)} clones, {BATCH} at a time, {time.monotonic() - begin:.0f} s: "
          f"{early} -> {available_mib()} MiB of the host's memory are available")
    # Nobody has the template's memory any more.
    templates = os.path.join(bulkhead.root, "templates")
    for name in (name for name in os.listdir(templates) if len(name) == 64):
        with open(os.path.join(templates, name, "memory"), "rb") as memory:
            while True:
                try:
                    fcntl.flock(memory, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    expect(bulkhead.monitors(), "a template is used by no machine")
                    time.sleep(0.05)
