"""Containers that start from their image's template, in which one like them is prepared already."""

import json
import os
import pty
import subprocess
import time

from engine_cases import call, expect_result, state_of
from lifecycle_cases import command, expect_clean_disk
from support import expect
from template_cases import break_agent, damage_state, expect_dead_start, forget, started_from, store

POINTS = ("image-template-saved", "image-template-copied", "image-template-published")
AUTO = ("--template", "auto")
IMAGE = ("--template", "image")
SECRET = "a-word-that-nobody-else-says"


def made(bulkhead):
    """The ids of images' templates that are there, oldest first; what is being written is awaited."""
    while [name for name in os.listdir(store(bulkhead)) if name.startswith(".new")]:
        time.sleep(0.05)
    lines = command(bulkhead, "template", "ls", "--no-trunc", "--format", "{{.ID}} {{.Image}}").splitlines()
    return [line.split()[0] for line in reversed(lines) if line.split()[1:] != ["N/A"]]


def make(bulkhead, *options):
    """Has the template of a start with these options made; gives its id."""
    before = made(bulkhead) if os.path.isdir(store(bulkhead)) else []
    command(bulkhead, "run", "-d", "--name", "maker", *IMAGE, *options, "busybox", "true")
    expect(command(bulkhead, "wait", "maker") == "0\n", f"{options}: the one that makes it")
    origin = state_of(bulkhead, "maker")["StartedFrom"]
    expect(origin.startswith("template "), f"{options}: the one that makes it: {origin}")
    command(bulkhead, "rm", "maker")
    new = [name for name in made(bulkhead) if name not in before]
    expect(len(new) == 1, f"{options}: made {new}")
    return new[0]


def noted(bulkhead, template):
    """How many pages of its memory a template has down as soon written."""
    with open(os.path.join(store(bulkhead), template, "written"), encoding="utf-8") as file:
        text = file.read()
    return sum(json.loads(text)[1::2]) if text else 0


def said(bulkhead, *words, **options):
    """What a container that starts from an image's template prints."""
    result = call(bulkhead, "run", "--name", "one", *words, **options)
    expect(result.returncode == 0, f"{words}: {result}")
    origin = state_of(bulkhead, "one")["StartedFrom"]
    expect(origin.startswith("image template "), f"{words}: {origin}")
    command(bulkhead, "rm", "one")
    return result.stdout.decode()


def image_templates_made(bulkhead):
    """The second start of an image makes it, or the first that asks; all later ones of the same kind have it."""
    forget(bulkhead)
    origins = [started_from(bulkhead, *AUTO) for _ in range(2)]
    expect(all(origin.startswith("template ") for origin in origins), f"{origins}")
    ids = made(bulkhead)
    expect(len(ids) == 1, f"made: {ids}")
    expect(0 < noted(bulkhead, ids[0]) <= 1024, f"{noted(bulkhead, ids[0])} pages are noted")
    ours = f"image template {ids[0]}"
    for options in ((), ("--hostname", "other"), ("-e", "A=b"), ("-u", "1000:1000"), ("--add-host", "a:10.0.0.1"),
                    ("--ulimit", "nofile=100"), ("--dns", "10.0.0.2"), ("--device-write-bps", "100m")):
        expect(started_from(bulkhead, *AUTO, *options) == ours, f"{options}: another start")
    for options in (("--read-only",), ("-w", "/tmp"), ("--tmpfs", "/x"), ("--init",), ("--cap-drop", "ALL"), ("--pids-limit", "50"), ("--disk-size", "1g"),
                    ("--security-opt", "seccomp=unconfined")):
        expect(started_from(bulkhead, *AUTO, *options) == origins[0], f"{options}: the same start")
    expect(started_from(bulkhead, "--template", "machine") == origins[0], "machine")
    expect(started_from(bulkhead, "--template", "never") == "cold", "never")
    expect(made(bulkhead) == ids, "more were made")
    # Its disk is the container's own from the first start on.
    command(bulkhead, "create", "--name", "kept", *AUTO, "--restart", "on-failure:1", "busybox", "sh", "-c", "echo line >> /data; cat /data; exit 1")
    call(bulkhead, "start", "-a", "kept")
    while state_of(bulkhead, "kept")["Status"] != "exited":
        time.sleep(0.1)
    expect(command(bulkhead, "logs", "kept") == "line\nline\nline\n", "its files")
    expect(state_of(bulkhead, "kept")["StartedFrom"] == origins[0], "a disk that was used")
    command(bulkhead, "rm", "kept")
    command(bulkhead, "create", "--name", "kept", *AUTO, "busybox", "sh", "-c", "echo line >> /data; cat /data")
    for expected in ("line\n", "line\nline\n"):
        expect(command(bulkhead, "start", "-a", "kept") == expected, "its files")
        expect_clean_disk(bulkhead)
    command(bulkhead, "rm", "kept")
    command(bulkhead, "template", "rm", ids[0][:12])
    expect(not made(bulkhead), "rm")
    # Whatever becomes of the container that makes one, while it is watched for what it writes.
    for then in (("pause",), ("stop", "-t", "0"), ("kill",), ("checkpoint", "--leave-running"), ("rm", "-f")):
        command(bulkhead, "run", "-d", "--name", "maker", *IMAGE, "busybox", "sleep", "10000")
        command(bulkhead, *then, "maker", *(["point"] if then[0] == "checkpoint" else []))
        ids = made(bulkhead)
        expect(len(ids) == 1 and noted(bulkhead, ids[0]) <= 1024, f"{then}: {ids}")
        expect(started_from(bulkhead, *AUTO) == f"image template {ids[0]}", f"{then}: afterwards")
        call(bulkhead, "rm", "-f", "maker")
        command(bulkhead, "template", "rm", ids[0])
    command(bulkhead, "checkpoint", "rm", "point")


def image_templates_like_others(bulkhead):
    """A container that was prepared is as any other: streams, terminal, user, files, exec, checkpoint."""
    forget(bulkhead)
    for options in ((), ("-i",), ("-t",), ("--init",), ("--read-only",)):
        make(bulkhead, *options)
    show = "hostname; cat /etc/hostname; grep -c chosen /etc/hosts; id -u; id -g; pwd; echo $A $HOME; ulimit -n; umask; cat /proc/1/comm; echo $$"
    options = ("--hostname", "chosen", "-u", "12:34", "-e", "A=b", "--ulimit", "nofile=99")
    prepared = said(bulkhead, *AUTO, *options, "busybox", "sh", "-c", show)
    expect(prepared == "chosen\nchosen\n1\n12\n34\n/\nb /\n99\n0022\nsh\n1\n", f"{prepared!r}")
    ordinary = call(bulkhead, "run", "--rm", "--template", "machine", *options, "busybox", "sh", "-c", show).stdout.decode()
    expect(prepared == ordinary, f"{prepared!r} and {ordinary!r}")
    # What can be seen of the kernel's side, but for what is counted.
    look = ("mount | sed 's/^[^ ]* //' | sort; ls -la / /dev | awk '{print $1, $3, $4, $NF}'; grep -v ctxt /proc/self/status | "
            "grep -E 'Cap|Seccomp|NoNewPrivs|Groups|SigIgn|SigBlk'; ls /proc/self/fd | wc -l; cat /proc/self/oom_score_adj /proc/self/cgroup; cat /sys/fs/cgroup/pids.max")
    prepared = said(bulkhead, *AUTO, "busybox", "sh", "-c", look)
    ordinary = call(bulkhead, "run", "--rm", "--template", "machine", "busybox", "sh", "-c", look).stdout.decode()
    expect(prepared == ordinary, f"prepared:\n{prepared}\nordinary:\n{ordinary}")
    expect(said(bulkhead, *AUTO, "-i", "busybox", "cat", data=b"x" * 300000) == "x" * 300000, "standard input")
    expect("chosen" in said(bulkhead, *AUTO, "--read-only", "--hostname", "chosen", "busybox", "cat", "/etc/hosts"), "read-only")
    expect_result(call(bulkhead, "run", "--rm", *AUTO, "--read-only", "busybox", "touch", "/etc/hosts"), code=1, err=b"Read-only")
    expect(said(bulkhead, *AUTO, "--init", "busybox", "sh", "-c", "cat /proc/1/comm; echo $$") == "init\n2\n", "init")
    expect_result(call(bulkhead, "run", "--rm", *AUTO, "busybox", "no-such"), code=127, err=b"executable file not found")
    expect_result(call(bulkhead, "run", "--rm", *AUTO, "busybox", "/etc"), code=126)
    expect_result(call(bulkhead, "run", "--rm", *AUTO, "-u", "nobody-here", "busybox", "true"), code=125, err=b"nobody-here")
    controller, peer = pty.openpty()
    shown = subprocess.run(bulkhead.command("run", "--rm", *AUTO, "-t", "busybox", "sh", "-c", "tty; stty size; echo to > /dev/console"),
                           stdin=peer, stdout=subprocess.PIPE, check=True).stdout.decode().split()
    os.close(peer)
    os.close(controller)
    expect(shown[0] == "/dev/pts/0" and shown[-1] == "to", f"terminal: {shown}")
    command(bulkhead, "run", "-d", "--name", "long", *AUTO, "busybox", "sh", "-c", "i=0; while sleep 0.1; do i=$((i+1)); echo $i > /count; done")
    expect(state_of(bulkhead, "long")["StartedFrom"].startswith("image template "), "long")
    expect(command(bulkhead, "exec", "long", "sh", "-c", "echo $((6*7)); cat /proc/1/comm") == "42\nsh\n", "exec")
    command(bulkhead, "checkpoint", "long", "point")
    command(bulkhead, "run", "-d", "--name", "again", "--from", "point")
    expect(int(command(bulkhead, "exec", "again", "cat", "/count")) > 0, "its files in the checkpoint")
    command(bulkhead, "rm", "-f", "long", "again")
    command(bulkhead, "checkpoint", "rm", "point")


def image_templates_differ(bulkhead):
    """Clones of a prepared container share nothing that should be unique, and nothing of the one it was made from."""
    forget(bulkhead)
    ours = make(bulkhead, "-e", f"PASSWORD={SECRET}", "--hostname", SECRET, "--add-host", f"{SECRET}:10.1.2.3", "--label", f"x={SECRET}")
    for name in ("memory", "state", "disk"):
        with open(os.path.join(store(bulkhead), ours, name), "rb") as file:
            tail = b""
            while chunk := file.read(1 << 20):
                expect(SECRET.encode() not in tail + chunk, f"the {name} tells of the container that it was made from")
                tail = chunk[-100:]
    script = ("cat /proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid; head -c 16 /dev/urandom | od -An -tx1; hostname; "
              "grep vdso /proc/self/maps | cut -d- -f1; grep stack /proc/self/maps | cut -d- -f1; date +%s; cat /etc/hosts | tr '\\n' ' '; echo; "
              "echo mine > /file; cat /file; ls / | wc -l")
    seen = []
    for i in range(20):
        name = f"clone{i}"
        command(bulkhead, "run", "-d", "--name", name, *AUTO, "busybox", "sh", "-c", script)
        expect(command(bulkhead, "wait", name) == "0\n", name)
        expect(state_of(bulkhead, name)["StartedFrom"] == f"image template {ours}", "not a clone")
        lines = command(bulkhead, "logs", name).splitlines()
        expect(len(lines) == 10 and lines[8] == "mine", f"{lines}")
        expect(abs(time.time() - int(lines[6])) < 600, f"its clock says {lines[6]} at {time.time()}")
        expect(lines[3] in lines[7] and SECRET not in "".join(lines), f"its names: {lines}")
        seen.append(lines)
        command(bulkhead, "rm", name)
    for i, what in enumerate(("boot_id", "uuid", "urandom", "hostname", "vdso's place", "stack's place")):
        values = {lines[i] for lines in seen}
        expect(len(values) == len(seen), f"{what} of clones: {values}")
    expect(len({lines[9] for lines in seen}) == 1, "a clone sees what another one made")


def image_templates_damaged(bulkhead):
    """What is wrong with one is seen, it goes, and the container starts all the same."""
    forget(bulkhead)
    for what, file, damage in (
            ("short state", "state", lambda path: os.truncate(path, 100)),
            ("short memory", "memory", lambda path: os.truncate(path, 1 << 20)),
            ("short disk", "disk", lambda path: os.truncate(path, 1 << 20)),
            ("no disk", "disk", os.remove),
            ("no key", "key.json", os.remove),
            ("flipped state", "state", lambda path: damage_state(os.path.dirname(path)))):
        ours = make(bulkhead)
        damage(os.path.join(store(bulkhead), ours, file))
        origin = started_from(bulkhead, *AUTO)
        expect(origin.startswith("template ") or origin == "cold", f"{what}: {origin}")
        expect(made(bulkhead) in ([], [ours]), f"{what}: {made(bulkhead)}")
        forget(bulkhead)
    # A list of pages that is none is not used; the template is.
    ours = make(bulkhead)
    with open(os.path.join(store(bulkhead), ours, "written"), "w", encoding="utf-8") as file:
        file.write("[1, 0, 7")
    expect(started_from(bulkhead, *AUTO) == f"image template {ours}", "odd pages")
    forget(bulkhead)
    # Seen too late for this start, but not for the next one.
    break_agent(os.path.join(store(bulkhead), make(bulkhead)))
    expect_dead_start(bulkhead, *AUTO)
    expect(made(bulkhead) == [], f"dead agent: {made(bulkhead)}")
    expect(started_from(bulkhead, *AUTO).startswith("template "), "dead agent: afterwards")
    forget(bulkhead)
    # No room for any template is no obstacle, and nor is room for the machine's only.
    os.makedirs(store(bulkhead))
    for size, expected in (("4m", "cold"), ("80m", "template ")):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "templates", store(bulkhead)], check=True)
        try:
            expect(started_from(bulkhead, *IMAGE).startswith(expected), f"{size} for templates")
            names = [name for name in os.listdir(store(bulkhead)) if name not in ("lock", "starts")]
            expect(len(names) == (expected != "cold"), f"{size} for templates: {names}")
        finally:
            subprocess.run(["umount", store(bulkhead)], check=True)


def image_templates_under_fire(bulkhead):
    """Whoever dies while one is made, or while a container starts from it: the next start is as usual, and nothing is left."""
    for point in POINTS:
        for action in ("kill", "kill-monitor"):
            what = f"{action} at {point}"
            forget(bulkhead)
            started_from(bulkhead)
            subprocess.run(bulkhead.command("run", "-d", "--name", "hit", *IMAGE, "busybox", "sleep", "10000"),
                           capture_output=True, check=False, env={**os.environ, "BULKHEAD_FAULT": f"{point}:{action}"})
            call(bulkhead, "rm", "-f", "hit")
            while bulkhead.monitors():
                time.sleep(0.05)
            origin = started_from(bulkhead, *IMAGE)
            expect(origin.split()[0] in ("template", "image"), f"{what}: {origin}")
            expect(len(made(bulkhead)) == 1, f"{what}: {made(bulkhead)}")
            expect(started_from(bulkhead, *AUTO) == f"image template {made(bulkhead)[0]}", f"{what}: afterwards")
    # A machine that goes on from it dies.
    for action in ("kill", "kill-monitor"):
        subprocess.run(bulkhead.command("run", "-d", "--name", "hit", *AUTO, "busybox", "sleep", "10000"), capture_output=True, check=False,
                       env={**os.environ, "BULKHEAD_FAULT": f"running:{action}"})
        call(bulkhead, "rm", "-f", "hit")
        expect(started_from(bulkhead, *AUTO).startswith("image template "), f"{action}: afterwards")
    while bulkhead.monitors():
        time.sleep(0.05)
