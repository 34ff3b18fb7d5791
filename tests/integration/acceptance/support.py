"""Running bulkhead and counting what it could leave behind."""

import os
import subprocess
import tempfile
import time


class Failure(Exception):
    """A test's expectation did not hold."""


def expect(condition, message):
    if not condition:
        raise Failure(message)


class Bulkhead:
    """The program under test, with an image store that others made and a state directory of its own."""

    def __init__(self, build):
        self.program = os.path.join(build, "bin", "bulkhead")
        self.root = os.path.join(build, "test-root")
        # Short: socket paths and the like must not depend on where the tree lies.
        self.state = tempfile.mkdtemp(prefix="bulkhead-state.")
        # Its own, so that other programs' files are not taken for what a run left.
        self.temporary = tempfile.mkdtemp(prefix="bulkhead-temporary.")
        os.environ["TMPDIR"] = self.temporary
        expect(os.access(self.program, os.X_OK), f"{self.program} is missing")
        expect(os.path.isdir(self.root), f"{self.root} is missing: tools/prepare_images makes it")

    def command(self, *arguments):
        # A busy machine must not fail a test, and a guest that never calls must, before tools/on_kvm gives up.
        # A later flag of the test's own wins.
        patience = ["--start-timeout", "600"] if arguments[:1] == ("run",) else []
        return [self.program, "--root", self.root, "--state", self.state, *arguments[:1], *patience, *arguments[1:]]

    def run(self, *arguments, stdin=subprocess.DEVNULL, check_code=None):
        result = subprocess.run(self.command("run", *arguments), stdin=stdin, capture_output=True, check=False)
        if check_code is not None:
            expect(result.returncode == check_code,
                   f"{arguments}: exit code {result.returncode}, expected {check_code}\n"
                   f"stdout: {result.stdout[-2000:]!r}\nstderr: {result.stderr[-4000:].decode(errors='replace')}")
        return result

    def start(self, *arguments, **options):
        return subprocess.Popen(self.command("run", *arguments), **options)

    @staticmethod
    def monitors():
        """Process ids of the monitors that run."""
        return [pid for pid, _, name in processes() if name == "bulkhead-vmm"]


def processes():
    """(pid, parent, name) of every process that is not a zombie."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            continue
        name = text[text.index("(") + 1:text.rindex(")")]
        fields = text[text.rindex(")") + 1:].split()
        if fields[0] != "Z":
            found.append((int(entry), int(fields[1]), name))
    return found


def bulkhead_processes():
    return sorted(pid for pid, _, name in processes() if name.startswith("bulkhead"))


def parent_of(pid):
    return next(parent for entry, parent, _ in processes() if entry == pid)


def files_below(*directories):
    return sorted(os.path.join(folder, name) for directory in directories
                  for folder, folders, names in os.walk(directory) for name in folders + names)


# Where Bulkhead makes cgroups; the one of those who remove the others stays.
CGROUPS = "/sys/fs/cgroup/bulkhead"


def container_cgroups():
    return [name for name in sorted(os.listdir(CGROUPS)) if name != "ending" and
            os.path.isdir(f"{CGROUPS}/{name}")] if os.path.isdir(CGROUPS) else []


def await_supervisors():
    """Until none of bulkhead's processes is there: a supervisor tells of the end before it goes."""
    for _ in range(100):
        if not bulkhead_processes():
            return
        time.sleep(0.1)


class Footprint:
    """What a finished run must not leave: processes, mounts, files, cgroups. Compare two of them."""

    def __init__(self, bulkhead):
        await_supervisors()
        self.processes = bulkhead_processes()
        with open("/proc/self/mounts", encoding="utf-8") as file:
            self.mounts = sorted(file.read().splitlines())
        self.files = files_below(os.path.join(bulkhead.root, "containers"), os.path.join(bulkhead.root, "logs"),
                                 os.path.join(bulkhead.state, "containers"), os.path.join(bulkhead.state, "sockets"))
        # A template is kept on purpose; one that was not finished is not.
        templates = os.path.join(bulkhead.root, "templates")
        self.templates = [name for name in sorted(os.listdir(templates)) if name.startswith(".")] \
            if os.path.isdir(templates) else []
        self.temporary = sorted(os.listdir(bulkhead.temporary))
        self.cgroups = container_cgroups()

    def expect_same(self, before, what):
        for part in ("processes", "mounts", "files", "templates", "temporary", "cgroups"):
            mine, others = getattr(self, part), getattr(before, part)
            expect(mine == others, f"{what} left {part}: {sorted(set(mine) - set(others))} "
                                   f"(gone: {sorted(set(others) - set(mine))})")
