"""Checkpoints: containers that go on from where another one was saved, with its memory, processes and disk."""

import json
import os
import shutil
import subprocess
import time

from engine_cases import call, expect_result, state_of
from lifecycle_cases import command
from support import expect
from template_cases import damage_state
from terminal_cases import PtyRun

# Counts in its memory, and keeps the count on its disk.
COUNTER = "i=0; while :; do i=$((i+1)); echo $i >> /numbers; echo n $i; sleep 0.05; done"


def store(bulkhead):
    return os.path.join(bulkhead.root, "checkpoints")


def checkpoints(bulkhead):
    """Names of those that are there, and of what is not finished."""
    return sorted(os.listdir(store(bulkhead))) if os.path.isdir(store(bulkhead)) else []


def numbers_of(bulkhead, name):
    """What the counter has said, as numbers."""
    return [int(line.split()[1]) for line in command(bulkhead, "logs", name).splitlines()]


def await_number(bulkhead, name, number):
    while True:
        said = numbers_of(bulkhead, name)
        if said and said[-1] >= number:
            return said
        expect(state_of(bulkhead, name)["Status"] == "running", f"{name}: {state_of(bulkhead, name)}")
        time.sleep(0.2)


def checkpoint_goes_on(bulkhead):
    """A counter is saved and ends; two containers go on from there at once, each with its own disk, and it can start anew."""
    command(bulkhead, "run", "-d", "--name", "counter", "busybox", "sh", "-c", COUNTER)
    await_number(bulkhead, "counter", 10)
    expect(command(bulkhead, "checkpoint", "counter", "ten") == "ten\n", "checkpoint does not say its name")
    expect(checkpoints(bulkhead) == ["ten"], f"{checkpoints(bulkhead)}")
    state = state_of(bulkhead, "counter")
    expect(state["Status"] == "exited" and state["ExitCode"] == 137, f"the one that was saved: {state}")
    last = numbers_of(bulkhead, "counter")[-1]
    names = ("one", "two")
    for name in names:
        command(bulkhead, "run", "-d", "--name", name, "--from", "ten")
    firsts = set()
    for name in names:
        said = await_number(bulkhead, name, last + 20)
        firsts.add(said[0])
        expect(said == list(range(said[0], said[0] + len(said))), f"{name}: {said}")
        expect(state_of(bulkhead, name)["StartedFrom"] == "checkpoint ten", f"{name}: {state_of(bulkhead, name)}")
        command(bulkhead, "exec", name, "sh", "-c", f"echo {name} > /whose")
    expect(len(firsts) == 1 and firsts <= {last, last + 1}, f"they go on from {firsts}, and it had said {last}")
    for name in names:
        expect(command(bulkhead, "exec", name, "cat", "/whose") == name + "\n", "they share a disk")
        kept = [int(line) for line in command(bulkhead, "exec", name, "cat", "/numbers").split()]
        expect(kept == list(range(1, len(kept) + 1)) and len(kept) > last, f"{name}'s disk: {kept}")
        command(bulkhead, "rm", "-f", name)
    # It has its own disk, as it was when it ended, and boots.
    command(bulkhead, "start", "counter")
    while state_of(bulkhead, "counter")["StartedFrom"] == "":
        time.sleep(0.1)
    expect(not state_of(bulkhead, "counter")["StartedFrom"].startswith("checkpoint"), "its later start")
    command(bulkhead, "rm", "-f", "counter")
    expect_result(call(bulkhead, "checkpoint", "rm", "ten"), out=b"ten\n")
    expect(checkpoints(bulkhead) == [], f"{checkpoints(bulkhead)}")


def lines_of(bulkhead, name):
    return command(bulkhead, "logs", name).splitlines()


def await_lines(bulkhead, name, count):
    """So many lines of what it has said, and more."""
    while len(lines_of(bulkhead, name)) < count:
        expect(state_of(bulkhead, name)["Status"] == "running", f"{name}: {state_of(bulkhead, name)}")
        time.sleep(0.2)
    return lines_of(bulkhead, name)


def checkpoint_identities(bulkhead):
    """Clones of one that runs: nothing that should be unique is shared, not even with what it had read before."""
    script = ("while :; do echo $(cat /proc/sys/kernel/random/boot_id) $(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' ') "
              "$(hostname) $(cat /etc/hostname) $(tail -n 1 /etc/hosts | cut -f 2) $(date +%s); sleep 0.2; done")
    for options, own_name in (((), True), (("--read-only", "--hostname", "chosen"), False)):
        command(bulkhead, "run", "-d", "--name", "first", *options, "busybox", "sh", "-c", script)
        await_lines(bulkhead, "first", 2)
        command(bulkhead, "checkpoint", "--leave-running", "first", "same")
        names = ("first", "one", "two")
        ids = {"first": command(bulkhead, "inspect", "-f", "{{.Id}}", "first").strip()}
        for name in names[1:]:
            ids[name] = command(bulkhead, "run", "-d", "--name", name, "--from", "same").strip()
        seen = {}
        for name in names:
            # The one that stood still in the middle of a line has words of before in it.
            words = await_lines(bulkhead, name, len(lines_of(bulkhead, name)) + 3)[-1].split()
            expect(len(words) == 6, f"{name}: {words}")
            hostname = ids[name][:12] if own_name else "chosen"
            expect(words[2:5] == [hostname] * 3, f"{name} calls its host {words[2:5]}, not {hostname}")
            expect(abs(time.time() - int(words[5])) < 600, f"{name}'s clock says {words[5]} at {time.time()}")
            seen[name] = words[:2]
        for i, what in enumerate(("boot_id", "random bytes")):
            expect(len({words[i] for words in seen.values()}) == len(names), f"{what} of clones: {seen}")
        # The one that went on did not notice; a further process sees what the first one does.
        expect(len({line.split()[0] for line in lines_of(bulkhead, "first")}) == 1, "its own boot_id has changed")
        for name in names:
            other = command(bulkhead, "exec", name, "cat", "/proc/sys/kernel/random/boot_id").strip()
            expect(other == seen[name][0], f"{name}: {other} for an exec, {seen[name][0]} for the first process")
        command(bulkhead, "rm", "-f", *names)
        command(bulkhead, "checkpoint", "rm", "same")


def line_from(stream):
    return stream.readline().decode().strip()


def checkpoint_streams(bulkhead):
    """Input, output and an exec: they go on with the one that goes on, and are new for clones."""
    script = "n=0; while read line; do n=$((n+1)); echo $n $line; echo error $line >&2; done; echo end"
    with subprocess.Popen(bulkhead.command("run", "-i", "--name", "first", "busybox", "sh", "-c", script), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as client:
        client.stdin.write(b"before\n")
        expect(line_from(client.stdout) == "1 before", "before")
        with subprocess.Popen(bulkhead.command("exec", "-i", "first", "cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              bufsize=0) as echo:
            echo.stdin.write(b"hello\n")
            expect(line_from(echo.stdout) == "hello", "exec")
            command(bulkhead, "checkpoint", "--leave-running", "first", "streams")
            echo.stdin.write(b"again\n")
            expect(line_from(echo.stdout) == "again", "exec, after the checkpoint")
            echo.stdin.close()
            expect(echo.wait() == 0, "exec's end")
        client.stdin.write(b"after\n")
        expect(line_from(client.stdout) == "2 after", "after")
        with subprocess.Popen(bulkhead.command("run", "-i", "--rm", "--name", "clone", "--from", "streams"), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as clone:
            clone.stdin.write(b"clone\n")
            expect(line_from(clone.stdout) == "2 clone", "the clone's output")
            expect(line_from(clone.stderr) == "error clone", "the clone's error output")
            # The exec's process has read the end of its input, and is gone or about to go.
            while "cat" in command(bulkhead, "top", "clone"):
                time.sleep(0.2)
            expect(command(bulkhead, "exec", "clone", "echo", "new") == "new\n", "an exec in the clone")
            clone.stdin.close()
            expect(line_from(clone.stdout) == "end" and clone.wait() == 0, "the clone's end")
        client.stdin.close()
        expect(client.wait() == 0 and client.stdout.read() == b"end\n", "its end")
    command(bulkhead, "rm", "first")
    # One that stops while it is saved ends with all that it has said, and so does whoever is attached.
    with subprocess.Popen(bulkhead.command("run", "--rm", "--name", "talker", "busybox", "sh", "-c", COUNTER), stdout=subprocess.PIPE) as client:
        for _ in range(5):
            client.stdout.readline()
        command(bulkhead, "checkpoint", "talker", "talk")
        said = [int(line.split()[1]) for line in client.stdout.read().splitlines()]
        expect(client.wait() == 137, f"exit code {client.returncode}")
    with subprocess.Popen(bulkhead.command("run", "--rm", "--name", "talker", "--from", "talk"), stdout=subprocess.PIPE) as client:
        first = int(client.stdout.readline().split()[1])
        # Whoever was between writing and taking note of it says it again.
        last = said[-1] if said else 5
        expect(first in (last, last + 1), f"it goes on with {first}, and had said {last}")
        command(bulkhead, "kill", "talker")
        client.stdout.read()
    for name in ("streams", "talk"):
        command(bulkhead, "checkpoint", "rm", name)


def checkpoint_terminal(bulkhead):
    """A container with a terminal has it still: its settings are the container's, its size that of whoever is attached."""
    script = "while read line; do echo $(stty size) got $line; done; echo end"
    first = PtyRun(bulkhead, "-it", "--name", "first", "busybox", "sh", "-c", script, rows=31, columns=80)
    first.type(b"before\n")
    first.read_until(b"31 80 got before\r\n")
    first.type(b"shown\n")
    first.read_until(b"shown\r\n31 80 got shown\r\n")
    command(bulkhead, "exec", "first", "stty", "-F", "/dev/console", "-echo")
    command(bulkhead, "checkpoint", "--leave-running", "first", "terminal")
    first.type(b"after\n")
    first.read_until(b"31 80 got after\r\n")
    clones = {rows: PtyRun(bulkhead, "-i", "--rm", "--from", "terminal", rows=rows, columns=80) for rows in (32, 33)}
    for rows, clone in clones.items():
        # The first line may come before the client's terminal is raw, and the size.
        clone.type(b"clone\n")
        clone.read_until(b"got clone\r\n")
        clone.type(b"hidden\n")
        clone.read_until(f"got clone\r\n{rows} 80 got hidden\r\n".encode())
    for each in (first, *clones.values()):
        each.type(b"\x04")
        each.read_until(b"end\r\n")
        expect(each.finish() == 0, "its end")
    command(bulkhead, "rm", "first")
    command(bulkhead, "checkpoint", "rm", "terminal")


def refused(bulkhead, words, err, code=1):
    expect_result(call(bulkhead, *words), code=code, err=err)


def checkpoint_refused(bulkhead):
    """What cannot be saved or go on is refused with the reason, and an image that a checkpoint needs stays."""
    refused(bulkhead, ("checkpoint", "none", "one"), b"No such container: none")
    refused(bulkhead, ("checkpoint", "nonsense"), b"is not a bulkhead checkpoint command")
    refused(bulkhead, ("run", "--from", "one"), b"No such checkpoint: one", code=125)
    refused(bulkhead, ("checkpoint", "rm", "one"), b"No such checkpoint: one")
    command(bulkhead, "create", "--name", "web", "busybox", "sh", "-c", COUNTER)
    refused(bulkhead, ("checkpoint", "web", "one"), b"is not running")
    command(bulkhead, "start", "web")
    refused(bulkhead, ("checkpoint", "web", "a/b"), b"a/b")
    command(bulkhead, "pause", "web")
    refused(bulkhead, ("checkpoint", "web", "one"), b"unpause it first")
    command(bulkhead, "unpause", "web")
    expect(checkpoints(bulkhead) == [], f"{checkpoints(bulkhead)}")
    await_number(bulkhead, "web", 3)
    kernel = os.path.join(bulkhead.temporary, "vmlinux")
    shutil.copy(os.path.join(os.path.dirname(bulkhead.program), "../share/bulkhead/vmlinux"), kernel)
    command(bulkhead, "run", "-d", "--name", "other", "--kernel", kernel, "busybox", "sh", "-c", COUNTER)
    await_number(bulkhead, "other", 3)
    command(bulkhead, "checkpoint", "create", "web", "one")
    command(bulkhead, "checkpoint", "other", "kernel")
    expect(command(bulkhead, "checkpoint", "ls", "--format", "{{.Name}} {{.Container}} {{.Image}} {{.Status}}") ==
           "kernel other busybox whole\none web busybox whole\n", command(bulkhead, "checkpoint", "ls"))
    expect(command(bulkhead, "checkpoint", "ls", "-q", "web") == "one\n", "ls of a container")
    command(bulkhead, "start", "web")
    refused(bulkhead, ("checkpoint", "web", "one"), b"there is a checkpoint one already")
    expect(state_of(bulkhead, "web")["Status"] == "running", "it was ended by a checkpoint that was refused")
    for words in (("-m", "96m"), ("--cpus", "1"), ("-e", "A=b"), ("-t",), ("--read-only",), ("--kernel-args", "quiet"), ("--restart", "always")):
        refused(bulkhead, ("run", "--from", "one", *words), b"cannot be used beside it", code=125)
    refused(bulkhead, ("run", "--from", "one", "busybox"), b"has no meaning beside it", code=125)
    refused(bulkhead, ("run", "-i", "--from", "one"), b"no standard input", code=125)
    os.utime(kernel)
    refused(bulkhead, ("run", "--from", "kernel"), b"goes on only where it was made: the guest's kernel was changed since", code=125)
    row = command(bulkhead, "system", "df", "--format", "{{.Type}} {{.TotalCount}}").splitlines()
    expect("Checkpoints 2" in row, f"{row}")
    command(bulkhead, "rm", "-f", "web", "other")
    expect(command(bulkhead, "ps", "-aq") == "", "what was refused has left something")
    refused(bulkhead, ("rmi", "busybox"), b"checkpoint kernel is using it")
    expect("busybox" not in command(bulkhead, "image", "prune", "-a", "-f"), "an image that is in use was pruned")
    expect(command(bulkhead, "run", "--rm", "busybox", "echo", "there") == "there\n", "the image is gone")
    command(bulkhead, "checkpoint", "rm", "one", "kernel")
    os.remove(kernel)


def rewrite_entry(path, **values):
    with open(os.path.join(path, "checkpoint.json"), "r+", encoding="utf-8") as file:
        entry = {**json.load(file), **values}
        file.seek(0)
        file.truncate()
        json.dump(entry, file)


def checkpoint_damaged(bulkhead):
    """What is wrong with a checkpoint is said, nothing is started or left, and the whole one is as good as before."""
    command(bulkhead, "run", "-d", "--name", "web", "busybox", "sh", "-c", COUNTER)
    await_number(bulkhead, "web", 5)
    command(bulkhead, "checkpoint", "web", "good")
    command(bulkhead, "rm", "web")
    good = os.path.join(store(bulkhead), "good")
    bad = os.path.join(store(bulkhead), "bad")
    for what, damage, err in (
            ("flipped state", damage_state, b"its checksum is wrong"),
            ("short memory", lambda path: os.truncate(os.path.join(path, "memory"), 1 << 20), b"memory: 1048576 bytes"),
            ("no disk", lambda path: os.remove(os.path.join(path, "disk")), b"disk"),
            ("no description", lambda path: os.remove(os.path.join(path, "checkpoint.json")), b"checkpoint.json"),
            ("no configuration", lambda path: os.remove(os.path.join(path, "config.pb")), b"config.pb"),
            ("other disks", lambda path: rewrite_entry(path, disks=5), b"its machine has 5 disks"),
            ("another image", lambda path: rewrite_entry(path, image_id="sha256:0"), b"different images"),
            ("a link for memory", lambda path: (os.remove(os.path.join(path, "memory")), os.symlink("/dev/zero", os.path.join(path, "memory"))),
             b"memory")):
        subprocess.run(["cp", "-a", "--sparse=always", good, bad], check=True)
        damage(bad)
        result = call(bulkhead, "run", "-d", "--name", "clone", "--from", "bad")
        expect(result.returncode == 125 and err in result.stderr, f"{what}: {result}")
        expect(command(bulkhead, "ps", "-aq") == "", f"{what}: a container is left")
        command(bulkhead, "checkpoint", "rm", "bad")
    expect(not bulkhead.monitors(), "a monitor is left")
    command(bulkhead, "run", "-d", "--name", "clone", "--from", "good")
    await_number(bulkhead, "clone", 10)
    command(bulkhead, "rm", "-f", "clone")
    command(bulkhead, "checkpoint", "rm", "good")


POINTS = ("checkpoint-begun", "checkpoint-paused", "checkpoint-saved", "checkpoint-copied", "checkpoint-published")


def checkpoint_under_fire(bulkhead):
    """Whoever dies while a container is saved: its files stay, nothing half made is found or left, and it can be saved again."""
    for point in POINTS:
        for action in ("kill", "kill-monitor"):
            what = f"{action} at {point}"
            subprocess.run(bulkhead.command("run", "-d", "--name", "hit", "busybox", "sh", "-c", COUNTER),
                           stdout=subprocess.DEVNULL, check=True, env={**os.environ, "BULKHEAD_FAULT": f"{point}:{action}"})
            await_number(bulkhead, "hit", 3)
            command(bulkhead, "exec", "hit", "sh", "-c", "echo kept > /kept; sync")
            result = call(bulkhead, "checkpoint", "hit", "one")
            published = point == "checkpoint-published" if action == "kill" else result.returncode == 0
            # Whoever saves is killed before it can answer. Once the machine is saved, its monitor is no longer needed.
            if action == "kill" or point in ("checkpoint-begun", "checkpoint-paused"):
                expect(result.returncode == 1, f"{what}: {result}")
            if action == "kill-monitor" and point == "checkpoint-published":
                expect(published, f"{what}: {result}")
            expect(result.returncode == 0 or result.stderr, f"{what}: {result}")
            while bulkhead.monitors():
                time.sleep(0.05)
            # The machine is gone a moment before its supervisor has said so, or is gone itself.
            while (status := state_of(bulkhead, "hit")["Status"]) in ("running", "paused", "stopping"):
                time.sleep(0.05)
            expect(status == ("dead" if action == "kill" else "exited"), f"{what}: {status}")
            command(bulkhead, "system", "prune", "-f", "--filter", "until=1000h")
            expect(checkpoints(bulkhead) == (["one"] if published else []), f"{what}: {checkpoints(bulkhead)}")
            if published:
                command(bulkhead, "run", "-d", "--name", "clone", "--from", "one")
                await_number(bulkhead, "clone", 6)
                command(bulkhead, "rm", "-f", "clone")
                command(bulkhead, "checkpoint", "rm", "one")
            command(bulkhead, "start", "hit")
            expect(command(bulkhead, "exec", "hit", "cat", "/kept") == "kept\n", f"{what}: its files")
            command(bulkhead, "rm", "-f", "hit")
    command(bulkhead, "run", "-d", "--name", "hit", "busybox", "sh", "-c", COUNTER)
    await_number(bulkhead, "hit", 3)
    for end in (("kill", "hit"), ("stop", "-t", "0", "hit"), ("rm", "-f", "hit")):
        if command(bulkhead, "ps", "-q") == "":
            command(bulkhead, "start", "hit")
        with subprocess.Popen(bulkhead.command("checkpoint", "hit", "raced"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as saving:
            while saving.poll() is None and not checkpoints(bulkhead):
                time.sleep(0.005)
            call(bulkhead, *end)
        for name in checkpoints(bulkhead):
            call(bulkhead, "checkpoint", "rm", name)
        expect(checkpoints(bulkhead) == [], f"{end}: {checkpoints(bulkhead)}")


# Verifies what is in its memory, in a file in memory and in one on its disk, which it reads past its cache where it can; and
# writes to the disk all the time, so that requests are under way whenever it is saved.
VERIFIER = """
words=$(head -c 20000 /dev/urandom | od -An -tx1); sum=$(echo "$words" | md5sum)
dd if=/dev/urandom of=/dev/shm/big bs=1M count=4 2>/dev/null; shm=$(md5sum < /dev/shm/big)
dd if=/dev/urandom of=/big bs=1M count=4 2>/dev/null; sync; disk=$(md5sum < /big)
(while :; do dd if=/dev/zero of=/scratch bs=64k count=8 conv=fsync 2>/dev/null; done) &
i=0
while :; do
  i=$((i+1))
  [ "$(echo "$words" | md5sum)" = "$sum" ] || echo n $i WRONG words
  [ "$(md5sum < /dev/shm/big)" = "$shm" ] || echo n $i WRONG memory
  [ "$(dd if=/big iflag=direct bs=64k 2>/dev/null | md5sum)" = "$disk" ] || echo n $i WRONG disk
  echo n $i
done
"""


def checkpoint_cycles(bulkhead):
    """Saved and gone on from again and again: memory and disk are each time as they were. BULKHEAD_TEST_CYCLES: how often."""
    cycles = int(os.environ.get("BULKHEAD_TEST_CYCLES", "5"))
    command(bulkhead, "run", "-d", "--name", "cycle0", "-m", "128m", "busybox", "sh", "-c", VERIFIER)
    reached = await_number(bulkhead, "cycle0", 2)[-1]
    for cycle in range(1, cycles + 1):
        before, name, point = f"cycle{cycle - 1}", f"cycle{cycle}", f"point{cycle}"
        command(bulkhead, "checkpoint", before, point)
        command(bulkhead, "rm", before)
        command(bulkhead, "run", "-d", "--name", name, "--from", point)
        said = await_number(bulkhead, name, reached + 2)
        text = command(bulkhead, "logs", name)
        expect("WRONG" not in text, f"cycle {cycle}: {text}")
        expect(said == list(range(said[0], said[0] + len(said))), f"cycle {cycle}: {said}")
        reached = said[-1]
        command(bulkhead, "checkpoint", "rm", point)
    command(bulkhead, "rm", "-f", f"cycle{cycles}")
