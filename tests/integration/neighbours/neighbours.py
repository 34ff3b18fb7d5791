#!/usr/bin/env python3
"""Noisy neighbours: one container does steady work while another takes all that it can get.

  neighbours.py CASE --build build/release

CASE is `held` or `deaths` (the tests), or `measure` (prints the table of docs/limits.md; tools/neighbours runs it). The
tests look at what the host's kernel counted and at the steady work's results; how much slower that became is for
`measure`.
"""

import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "acceptance"))

from case_main import case_main, leaving_nothing  # noqa: E402
from hogs import HOGS  # noqa: E402
from support import expect  # noqa: E402

# Processor, disk and a stream: what a neighbour can take away.
STEADY_WORK = """
i=0
while [ $i -lt 12 ]; do sha256sum /bin/busybox >/work; i=$((i+1)); done
dd if=/dev/zero of=/work bs=64k count=8 conv=fsync 2>/dev/null
head -c 65536 /dev/zero
"""
STEADY_BYTES = 65536
MEASURED = 3


def call(bulkhead, *arguments, **options):
    return subprocess.run(bulkhead.command(*arguments), capture_output=True, check=False, **options)


def done(bulkhead, *arguments):
    result = call(bulkhead, *arguments)
    expect(result.returncode == 0, f"{arguments}: {result}")
    return result.stdout


def inspect(bulkhead, name):
    return json.loads(done(bulkhead, "inspect", name))[0]


def steady_work(bulkhead):
    """Seconds that a piece of the steady work takes."""
    begin = time.monotonic()
    result = call(bulkhead, "exec", "steady", "sh", "-c", STEADY_WORK)
    expect(result.returncode == 0 and result.stdout == bytes(STEADY_BYTES), f"the steady work: {result}"[:500])
    return time.monotonic() - begin


class Running:
    """A hog, for as long as the block lasts."""

    def __init__(self, bulkhead, hog, limited):
        self.bulkhead = bulkhead
        flags = (*hog.always, *(hog.limits if limited else ()))
        words = ("run", "--name", "hog", *flags, *(() if hog.read else ("-d",)), "busybox", "sh", "-c", hog.script)
        self.reader = None
        if hog.read:
            with open(os.devnull, "wb") as nowhere:
                self.reader = subprocess.Popen(bulkhead.command(*words), stdout=nowhere, stdin=subprocess.DEVNULL)
            while call(bulkhead, "exec", "hog", "true").returncode != 0:
                time.sleep(0.2)
        else:
            done(bulkhead, *words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        done(self.bulkhead, "rm", "-f", "hog")
        if self.reader is not None:
            self.reader.wait()


def counted(container, file, key):
    """A number that the host's kernel keeps about a container."""
    with open(f"{container['Cgroup']['Path']}/{file}", encoding="utf-8") as lines:
        return next(int(line.split()[1]) for line in lines if line.split()[0] == key)


def begin_steady(bulkhead):
    done(bulkhead, "run", "-d", "--name", "steady", "busybox", "sleep", "100000")
    steady_work(bulkhead)


def held(bulkhead):
    """Each hog within its limits: the work beside it is right, and the kernel's counts say that they held."""
    begin_steady(bulkhead)
    for hog in HOGS:
        with Running(bulkhead, hog, limited=True):
            container = inspect(bulkhead, "hog")
            cgroup = container["Cgroup"]
            quota, period = (int(word) for word in cgroup["cpu.max"].split())
            used, begin = counted(container, "cpu.stat", "usage_usec"), time.monotonic()
            steady_work(bulkhead)
            used = counted(container, "cpu.stat", "usage_usec") - used
            # A quota is of each period, and a part of one more may be in between.
            most = ((time.monotonic() - begin) * 1e6 / period + 2) * quota
            expect(used <= most, f"{hog.name}: {used} us of {most}")
            with open(f"{cgroup['Path']}/machine/memory.current", encoding="utf-8") as file:
                expect(int(file.read()) <= int(cgroup["memory.max"]), f"{hog.name}: more memory than it has")
            with open(f"{cgroup['Path']}/machine/pids.current", encoding="utf-8") as file:
                expect(int(file.read()) <= int(cgroup["pids.max"]), f"{hog.name}: more threads than it has")
            expect(counted(container, "memory.events", "oom_kill") == 0, f"{hog.name}: its machine was killed")
            expect(inspect(bulkhead, "hog")["State"]["Running"], f"{hog.name}: it ended")
    done(bulkhead, "rm", "-f", "steady")


def deaths(bulkhead):
    """A guest's panic and a monitor's death beside it are nothing to a container."""
    begin_steady(bulkhead)
    before = inspect(bulkhead, "steady")["State"]
    done(bulkhead, "run", "-d", "--name", "hog", "--privileged", "busybox", "sh", "-c",
         "sleep 1; echo c >/proc/sysrq-trigger; sleep 1000")
    steady_work(bulkhead)
    done(bulkhead, "wait", "hog")
    expect("panicked" in inspect(bulkhead, "hog")["State"]["Error"], f"{inspect(bulkhead, 'hog')['State']}")
    done(bulkhead, "start", "hog")
    os.kill(inspect(bulkhead, "hog")["State"]["Pid"], signal.SIGKILL)
    steady_work(bulkhead)
    after = inspect(bulkhead, "steady")["State"]
    expect((after["Pid"], after["SupervisorPid"], after["StartedAt"]) ==
           (before["Pid"], before["SupervisorPid"], before["StartedAt"]), f"{before} became {after}")
    done(bulkhead, "rm", "-f", "hog", "steady")


def measure(bulkhead):
    begin_steady(bulkhead)
    alone = statistics.median(steady_work(bulkhead) for _ in range(MEASURED))
    print(f"The steady work alone: {alone:.2f} s, median of {MEASURED}.\n")
    print("| neighbour | its limits | without them | with them |\n| --- | --- | --- | --- |")
    for hog in HOGS:
        ratios = []
        for limited in (False, True):
            with Running(bulkhead, hog, limited):
                beside = statistics.median(steady_work(bulkhead) for _ in range(MEASURED))
            ratios.append(f"{beside / alone:.2f}")
        print(f"| {hog.name} | `{' '.join(hog.limits)}` | {' | '.join(ratios)} |", flush=True)
    done(bulkhead, "rm", "-f", "steady")


if __name__ == "__main__":
    sys.exit(case_main(__doc__, (held, deaths, measure), "--build", leaving_nothing))
