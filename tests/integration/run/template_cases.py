"""Containers that start from a template: when it is made, when not, and what clones of it share."""

import mmap
import os
import shutil
import signal
import subprocess
import threading
import time

from engine_cases import call, expect_result, state_of
from lifecycle_cases import command
from support import expect

# What containers have of machines of different sizes, MiB.
SIZES = (96, 64, 128, 192, 256, 384, 512, 768, 1024)
POINTS = ("template-building", "template-saving", "template-saved")


def store(bulkhead):
    return os.path.join(bulkhead.root, "templates")


def templates(bulkhead):
    """Names of those that are there, and of what is not finished."""
    names = os.listdir(store(bulkhead)) if os.path.isdir(store(bulkhead)) else []
    return sorted(name for name in names if name != "lock")


def forget(bulkhead):
    shutil.rmtree(store(bulkhead), ignore_errors=True)


def started_from(bulkhead, *options, name="probe"):
    """Starts a container that says hello, and tells where its machine came from."""
    command(bulkhead, "run", "-d", "--name", name, *options, "busybox", "echo", "hello")
    command(bulkhead, "wait", name)
    expect(command(bulkhead, "logs", name) == "hello\n", f"{options}: it did not say hello")
    origin = state_of(bulkhead, name)["StartedFrom"]
    command(bulkhead, "rm", name)
    return origin


def only_template(bulkhead):
    found = templates(bulkhead)
    expect(len(found) == 1 and len(found[0]) == 64, f"templates: {found}")
    return found[0]


def templates_made(bulkhead):
    """The first start makes a template and uses it, the next ones use it; each shape has its own; never is never."""
    forget(bulkhead)
    expect(started_from(bulkhead, "--template", "never") == "cold", "never")
    expect(not templates(bulkhead), "never made one")
    first = started_from(bulkhead)
    made = only_template(bulkhead)
    expect(first == f"template {made}", f"the first start: {first}")
    status = os.stat(os.path.join(store(bulkhead), made, "memory"))
    expect(status.st_size == 1 << 30 and status.st_blocks * 512 < 1 << 28, f"its memory: {status}")
    for options in ((), ("--read-only",), ("--rm=false", "--hostname", "other"), ("-e", "A=b")):
        expect(started_from(bulkhead, *options) == first, f"{options}: another start")
    expect(started_from(bulkhead, "--template", "never") == "cold", "never, with one there")
    expect(os.stat(os.path.join(store(bulkhead), made, "memory")).st_mtime == status.st_mtime, "its memory was changed")
    for options in (("-m", "96m"), ("--cpus", "5"), ("--kernel-args", "quiet")):
        origin = started_from(bulkhead, *options)
        expect(origin not in ("cold", first), f"{options}: {origin}")
    made = templates(bulkhead)
    expect(len(made) == 4, f"templates: {made}")
    # Sizes that are nearly the same have one machine; what the container has of it is its own.
    for options in (("-m", "70m"), ("-m", "95m"), ("--cpus", "5.5"), ("--cpus", "6")):
        expect(started_from(bulkhead, *options).split()[1] in made, f"{options}: another machine")
    expect(templates(bulkhead) == made, f"odd sizes: {templates(bulkhead)}")
    odd = call(bulkhead, "run", "--rm", "-m", "70m", "--cpus", "1.5", "busybox", "cat", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/cpu.max")
    expect(odd.stdout == f"{70 << 20}\n150000 100000\n".encode(), f"its own limits: {odd}")
    # A start by name, by a policy, and the container's files, which outlive each machine.
    command(bulkhead, "create", "--name", "kept", "--restart", "on-failure:1", "busybox", "sh", "-c",
            "echo line >> /data; cat /data; exit 1")
    call(bulkhead, "start", "-a", "kept")
    while state_of(bulkhead, "kept")["Status"] != "exited":
        time.sleep(0.1)
    state = state_of(bulkhead, "kept")
    expect(state["StartedFrom"] == first, f"by its policy: {state}")
    expect(command(bulkhead, "logs", "kept") == "line\nline\nline\n", "its files")
    command(bulkhead, "rm", "kept")


def damage_state(path):
    with open(os.path.join(path, "state"), "r+b") as file:
        middle = os.path.getsize(file.name) // 2
        file.seek(middle)
        byte = file.read(1)
        file.seek(middle)
        file.write(bytes([byte[0] ^ 0xFF]))


def break_agent(path):
    """Has its agent die when it starts a container: where it sets the clock, by clock_settime's number and syscall, is no instruction."""
    set_clock, trap = b"\xb8\xe3\0\0\0\x0f\x05", b"\x0f\x0b" + b"\x90" * 5
    with open(os.path.join(path, "memory"), "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        found = 0
        while (at := memory.find(set_clock)) >= 0:
            memory[at:at + len(trap)] = trap
            found += 1
        expect(found, "the agent sets no clock")


def expect_dead_start(bulkhead, *options):
    result = call(bulkhead, "run", "--rm", *options, "busybox", "true")
    expect_result(result, code=125, err=b"starting the container's process: the guest's kernel panicked")


def templates_damaged(bulkhead):
    """What is wrong with a template is seen, it goes, the container starts all the same, and the next one is made."""
    started_from(bulkhead)
    for what, damage, cold in (
            ("short state", lambda path: os.truncate(os.path.join(path, "state"), 100), False),
            ("short memory", lambda path: os.truncate(os.path.join(path, "memory"), 1 << 20), False),
            ("no key", lambda path: os.remove(os.path.join(path, "key.json")), False),
            ("flipped state", damage_state, True)):
        made = only_template(bulkhead)
        damage(os.path.join(store(bulkhead), made))
        origin = started_from(bulkhead)
        expect(origin == ("cold" if cold else f"template {made}"), f"{what}: {origin}")
        expect(templates(bulkhead) == ([] if cold else [made]), f"{what}: {templates(bulkhead)}")
        expect(started_from(bulkhead) == f"template {made}", f"{what}: afterwards")
    # Seen too late for this start, but not for the next one.
    made = only_template(bulkhead)
    break_agent(os.path.join(store(bulkhead), made))
    expect_dead_start(bulkhead)
    expect(templates(bulkhead) == [], f"dead agent: {templates(bulkhead)}")
    expect(started_from(bulkhead) == f"template {made}", "dead agent: afterwards")
    # No place for templates is no obstacle.
    forget(bulkhead)
    with open(store(bulkhead), "w", encoding="utf-8"):
        pass
    expect(started_from(bulkhead) == "cold", "without a place for templates")
    os.remove(store(bulkhead))


def templates_at_once(bulkhead):
    """Many first starts at once make one template, and nobody waits for it."""
    forget(bulkhead)
    unfinished = set()
    done = threading.Event()

    def watch():
        while not done.is_set():
            for name in templates(bulkhead):
                if name.startswith(".new"):
                    try:
                        unfinished.add(os.stat(os.path.join(store(bulkhead), name)).st_ino)
                    except OSError:
                        pass
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    names = [f"one{i}" for i in range(8)]
    starts = [subprocess.Popen(bulkhead.command("run", "-d", "--name", name, "busybox", "echo", name),
                               stdout=subprocess.DEVNULL) for name in names]
    expect(all(start.wait() == 0 for start in starts), "a start failed")
    done.set()
    watcher.join()
    origins = []
    for name in names:
        expect(command(bulkhead, "wait", name) == "0\n", name)
        expect(command(bulkhead, "logs", name) == name + "\n", name)
        origins.append(state_of(bulkhead, name)["StartedFrom"])
        command(bulkhead, "rm", name)
    made = only_template(bulkhead)
    expect(f"template {made}" in origins and set(origins) <= {"cold", f"template {made}"}, f"{origins}")
    expect(len(unfinished) == 1, f"it was made {len(unfinished)} times")


def templates_differ(bulkhead):
    """Clones of one template: nothing that should be unique or unpredictable is shared."""
    script = ("cat /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid; head -c 16 /dev/urandom | od -An -tx1; hostname; "
              "grep vdso /proc/self/maps | cut -d- -f1; grep stack /proc/self/maps | cut -d- -f1; date +%s")
    first = started_from(bulkhead)
    expect(first.startswith("template "), first)
    seen = []
    for i in range(4):
        name = f"clone{i}"
        command(bulkhead, "run", "-d", "--name", name, "busybox", "sh", "-c", script)
        expect(command(bulkhead, "wait", name) == "0\n", name)
        expect(state_of(bulkhead, name)["StartedFrom"] == first, "not a clone")
        lines = command(bulkhead, "logs", name).splitlines()
        expect(len(lines) == 7, f"{lines}")
        # It was said in this minute or the last ones: a busy machine is slow.
        expect(abs(time.time() - int(lines[6])) < 600, f"its clock says {lines[6]} at {time.time()}")
        seen.append(lines[:6])
        command(bulkhead, "rm", name)
    for i, what in enumerate(("boot_id", "uuid", "urandom", "hostname", "vdso's place", "stack's place")):
        values = {lines[i] for lines in seen}
        expect(len(values) == len(seen), f"{what} of clones: {values}")


def templates_under_fire(bulkhead):
    """Whoever dies while a template is made: the next start makes it, and nothing is left."""
    for point in POINTS:
        for action in ("kill", "kill-monitor"):
            what = f"{action} at {point}"
            forget(bulkhead)
            started = subprocess.run(bulkhead.command("run", "-d", "--name", "hit", "busybox", "sleep", "10000"),
                                     capture_output=True, check=False,
                                     env={**os.environ, "BULKHEAD_FAULT": f"{point}:{action}"})
            if action == "kill":
                expect(started.returncode != 0 and started.stderr, f"{what}: the start says {started}")
                while bulkhead.monitors():
                    time.sleep(0.05)
            else:
                # Saved is saved, whatever becomes of the machine.
                origin = state_of(bulkhead, "hit")["StartedFrom"]
                expect((origin != "cold") == (point == "template-saved"), f"{what}: {origin}")
                expect(not [name for name in templates(bulkhead) if name.startswith(".")], f"{what}: {templates(bulkhead)}")
            call(bulkhead, "rm", "-f", "hit")
            expect(started_from(bulkhead) == f"template {only_template(bulkhead)}", f"{what}: afterwards")


def templates_interrupted(bulkhead):
    """A start that makes its template ends when it is told to, and leaves nothing."""
    for end in (("kill",), ("stop",), ("rm", "-f")):
        forget(bulkhead)
        start = subprocess.Popen(bulkhead.command("run", "-d", "--name", "slow", "busybox", "sleep", "10000"),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not [name for name in templates(bulkhead) if name.startswith(".new")]:
            time.sleep(0.01)
        call(bulkhead, *end, "slow")
        expect(start.wait() != 0, f"{end}: the start went on")
        expect(not templates(bulkhead), f"{end}: {templates(bulkhead)}")
        call(bulkhead, "rm", "-f", "slow")
    with subprocess.Popen(bulkhead.command("run", "--name", "slow", "busybox", "sleep", "10000"), stderr=subprocess.DEVNULL) as start:
        while not [name for name in templates(bulkhead) if name.startswith(".new")]:
            time.sleep(0.01)
        start.send_signal(signal.SIGTERM)
        expect(start.wait() == 143, f"exit code {start.returncode}")
    expect("slow" not in command(bulkhead, "ps", "-a"), "a start that was interrupted leaves its container")


def templates_listed(bulkhead):
    """template build, ls, rm, prune, and what system df says of them."""
    forget(bulkhead)
    expect(command(bulkhead, "template", "ls", "-q") == "", "ls of nothing")
    small = command(bulkhead, "template", "build", "-m", "96m").strip()
    expect(templates(bulkhead) == [small], f"built {small}: {templates(bulkhead)}")
    expect_result(call(bulkhead, "template", "build", "-m", "96m"), out=small.encode() + b"\n", err=b"there already")
    expect(started_from(bulkhead, "-m", "96m") == f"template {small}", "what was built is not used")
    usual = started_from(bulkhead).split()[1]
    lines = command(bulkhead, "template", "ls", "--no-trunc", "--format", "{{.ID}} {{.CPUs}} {{.Status}}").splitlines()
    expect(lines[0].startswith(usual) and lines[1].startswith(small), f"the newest is not first: {lines}")
    expect(all(line.endswith(" usable") for line in lines), f"{lines}")
    expect(usual[:12] in command(bulkhead, "template", "ls"), "ls")
    row = command(bulkhead, "system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}} {{.Reclaimable}}").splitlines()[2]
    expect(row.startswith("Templates 2 2 0B"), row)
    expect(command(bulkhead, "template", "prune", "-f") == "Total reclaimed space: 0B\n", "a usable one was pruned")
    expect_result(call(bulkhead, "template", "rm", "zzz"), code=1, err=b"No such template: zzz")
    expect(command(bulkhead, "template", "rm", small[:12]) == small[:12] + "\n", "rm")
    expect(templates(bulkhead) == [usual], f"{templates(bulkhead)}")
    # Another kernel in its place: no start can use its template any more.
    kernel = os.path.join(bulkhead.temporary, "vmlinux")
    shutil.copy(os.path.join(os.path.dirname(bulkhead.program), "../share/bulkhead/vmlinux"), kernel)
    other = started_from(bulkhead, "--kernel", kernel).split()[1]
    os.utime(kernel)
    expect(command(bulkhead, "template", "ls", "--no-trunc", "--format", "{{.ID}} {{.Status}}").splitlines()[0] == f"{other} outdated", "outdated")
    expect(started_from(bulkhead, "--kernel", kernel).split()[1] != other, "a template of a kernel that was changed")
    os.remove(kernel)
    expect(other in command(bulkhead, "template", "prune", "-f"), "prune")
    expect(templates(bulkhead) == [usual], f"{templates(bulkhead)}")
    expect(usual in command(bulkhead, "template", "prune", "-a", "-f"), "prune -a")
    expect(not templates(bulkhead), f"{templates(bulkhead)}")


def templates_bounded(bulkhead):
    """Beyond eight templates the one that was not used for the longest time goes, but none that a machine has."""
    forget(bulkhead)
    command(bulkhead, "run", "-d", "--name", "user", "busybox", "sleep", "10000")
    used = only_template(bulkhead)
    built = [command(bulkhead, "template", "build", "-m", f"{size}m").strip() for size in SIZES[:7]]
    expect(templates(bulkhead) == sorted([used, *built]), f"eight: {templates(bulkhead)}")
    expect(started_from(bulkhead, "-m", "96m") == f"template {built[0]}", "a start")
    # The used one is older than all, the first one that was built has been used after the second.
    built.append(command(bulkhead, "template", "build", "-m", f"{SIZES[7]}m").strip())
    del built[1]
    expect(templates(bulkhead) == sorted([used, *built]), f"with the ninth: {templates(bulkhead)}")
    command(bulkhead, "rm", "-f", "user")
    origin = started_from(bulkhead, "-m", f"{SIZES[8]}m")
    expect(templates(bulkhead) == sorted([origin.split()[1], *built]), f"with the tenth: {templates(bulkhead)}")
