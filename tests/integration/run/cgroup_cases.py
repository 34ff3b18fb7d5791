"""The cgroup around a machine: what it is held to, where it is made, and that it goes."""

import json
import os
import signal
import subprocess
import time

from support import CGROUPS, await_supervisors, container_cgroups, expect

MIB = 1 << 20


def command(bulkhead, *arguments):
    return subprocess.run(bulkhead.command(*arguments), capture_output=True, check=False, text=True)


def done(bulkhead, *arguments):
    result = command(bulkhead, *arguments)
    expect(result.returncode == 0, f"{arguments}: {result}")
    return result.stdout


def inspect(bulkhead, name):
    return json.loads(done(bulkhead, "inspect", name))[0]


def start(bulkhead, name, *flags):
    done(bulkhead, "run", "-d", "--name", name, *flags, "busybox", "sleep", "1000")
    return inspect(bulkhead, name)


def cgroup_of(pid):
    with open(f"/proc/{pid}/cgroup", encoding="utf-8") as file:
        return file.read().strip().removeprefix("0::")


def in_cgroup(container, name):
    """A file of the container's cgroup for processor time, and of its machine's for all else."""
    folder = "." if name.startswith("cpu.") else "machine"
    with open(f"{container['Cgroup']['Path']}/{folder}/{name}", encoding="utf-8") as file:
        return file.read().strip()


def processor_time(path):
    """Microseconds, as the kernel counts them."""
    with open(f"{path}/cpu.stat", encoding="utf-8") as file:
        return int(file.readline().split()[1])


def expect_held(container, **values):
    """What `inspect` shows is what the kernel's files say, and that is what was asked for."""
    for name, value in values.items():
        file = name.replace("_", ".")
        expect(in_cgroup(container, file) == value, f"{file}: {in_cgroup(container, file)}, not {value}")
        expect(container["Cgroup"][file] == value, f"inspect: {container['Cgroup']}")


def machine_limits(bulkhead):
    usual = start(bulkhead, "usual")
    path = f"{CGROUPS}/{usual['Id']}"
    expect(usual["Cgroup"]["Path"] == path, f"{usual['Cgroup']}")
    for thread in os.listdir(f"/proc/{usual['State']['Pid']}/task"):
        expect(cgroup_of(thread) == f"/bulkhead/{usual['Id']}/machine", f"a monitor's thread is in {cgroup_of(thread)}")
    # Nothing is without bound: 1 GiB with what it costs, its processors and one for its devices and supervisor.
    processors = min(2, os.cpu_count())
    expect_held(usual, memory_max=str(1024 * MIB + 16 * MIB + 64 * MIB), cpu_max=f"{processors + 1}00000 100000",
                cpu_weight="100", pids_max="48")

    asked = start(bulkhead, "asked", "--memory", "128m", "--cpus", "0.5", "--cpu-shares", "2048",
                  "--device-write-bps", "/:1mb")
    machine = (128 + 2 + 64) * MIB
    expect_held(asked, memory_max=str(machine + machine // 64 + 64 * MIB), cpu_max="60000 100000", cpu_weight="79")
    with open("/sys/fs/cgroup/cgroup.controllers", encoding="utf-8") as file:
        has_io = "io" in file.read().split()
    device = os.stat(bulkhead.root).st_dev
    on_disk = os.path.exists(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
    if has_io and on_disk:
        expect(f"wbps={2 * MIB}" in in_cgroup(asked, "io.max"), f"io.max: {in_cgroup(asked, 'io.max')}")

    done(bulkhead, "update", "--cpus", "1", "--cpu-shares", "1024", "asked")
    changed = inspect(bulkhead, "asked")
    expect_held(changed, cpu_weight="39", memory_max=str(machine + machine // 64 + 64 * MIB))
    # One processor is all that the machine has: its devices may take one more.
    expect_held(changed, cpu_max="200000 100000")
    done(bulkhead, "rm", "-f", "usual", "asked")
    expect(not container_cgroups(), f"left: {container_cgroups()}")


def supervisor_limits(bulkhead):
    """What a supervisor does for its container counts as the container's, and is held to the same quota."""
    container = start(bulkhead, "one", "--cpus", "0.5")
    path, supervisor = container["Cgroup"]["Path"], container["State"]["SupervisorPid"]
    for thread in os.listdir(f"/proc/{supervisor}/task"):
        expect(cgroup_of(thread) == f"/bulkhead/{container['Id']}/supervisor", f"a thread is in {cgroup_of(thread)}")
    for name, value in (("cpu.weight", "1000"), ("pids.max", "1024")):
        with open(f"{path}/supervisor/{name}", encoding="utf-8") as file:
            expect(file.read().strip() == value, f"the supervisor's {name} is not {value}")
    before = {folder: processor_time(f"{path}/{folder}") for folder in (".", "machine", "supervisor")}
    begin = time.monotonic()
    # Each line becomes an entry of the log.
    done(bulkhead, "exec", "one", "sh", "-c", "yes | head -n 200000 >/proc/1/fd/1")
    passed = (time.monotonic() - begin) * 1e6
    used = {folder: processor_time(f"{path}/{folder}") - time_then for folder, time_then in before.items()}
    expect(used["supervisor"] > 0, f"the supervisor's time is not counted: {used}")
    # The files are not read in one moment.
    expect(used["."] >= used["supervisor"] + used["machine"] - 100000, f"the container's time lacks a part: {used}")
    quota, period = (int(word) for word in in_cgroup(container, "cpu.max").split())
    expect((quota, period) == (60000, 100000), f"cpu.max: {quota} of {period}")
    expect(used["."] <= (passed / period + 2) * quota, f"more than its quota: {used} in {passed} us")

    # An end of each kind leaves no cgroup: this one, a command on a container that does not run, and a failed start.
    done(bulkhead, "stop", "-t", "0", "one")
    await_supervisors()
    expect(not container_cgroups(), f"after its end: {container_cgroups()}")
    done(bulkhead, "diff", "one")
    await_supervisors()
    expect(not container_cgroups(), f"after diff: {container_cgroups()}")
    wrong = command(bulkhead, "run", "-d", "busybox", "/no/such/program")
    expect(wrong.returncode == 127, f"{wrong}")
    await_supervisors()
    expect(not container_cgroups(), f"after a failed start: {container_cgroups()}")
    # One starts while the other has told of its end, and is about to go.
    for _ in range(3):
        done(bulkhead, "start", "one")
        expect(cgroup_of(inspect(bulkhead, "one")["State"]["SupervisorPid"]) ==
               f"/bulkhead/{container['Id']}/supervisor", "started again, the supervisor is elsewhere")
        done(bulkhead, "stop", "-t", "0", "one")
    done(bulkhead, "rm", "one")
    await_supervisors()
    expect(not container_cgroups(), f"left: {container_cgroups()}")


def cgroup_places(bulkhead):
    there = start(bulkhead, "there", "--cgroup-parent", "/tenants/one")
    expect(there["Cgroup"]["Path"] == f"/sys/fs/cgroup/tenants/one/{there['Id']}", f"{there['Cgroup']}")
    expect(there["HostConfig"]["CgroupParent"] == "/tenants/one", "HostConfig.CgroupParent")
    expect(cgroup_of(there["State"]["Pid"]) == f"/tenants/one/{there['Id']}/machine", cgroup_of(there["State"]["Pid"]))
    expect(cgroup_of(there["State"]["SupervisorPid"]) == f"/tenants/one/{there['Id']}/supervisor",
           cgroup_of(there["State"]["SupervisorPid"]))
    done(bulkhead, "rm", "-f", "there")
    expect(os.listdir("/sys/fs/cgroup/tenants/one").count(there["Id"]) == 0, "it is left")

    top = start(bulkhead, "top", "--cgroup-parent", "/")
    expect(cgroup_of(top["State"]["Pid"]) == f"/{top['Id']}/machine", cgroup_of(top["State"]["Pid"]))
    expect(cgroup_of(top["State"]["SupervisorPid"]) == f"/{top['Id']}/supervisor", cgroup_of(top["State"]["SupervisorPid"]))
    done(bulkhead, "rm", "-f", "top")
    expect(not os.path.exists(top["Cgroup"]["Path"]), "it is left")

    for parent, why in (("machine.slice", "begins with /"), ("/machine.slice", "is systemd's"), ("/a/../b", "plain path")):
        refused = command(bulkhead, "run", "--rm", "--cgroup-parent", parent, "busybox", "true")
        expect(refused.returncode == 125 and why in refused.stderr, f"{parent}: {refused}")
    # A cgroup with processes in it cannot hand its controllers on: said, since it was asked for by name.
    os.makedirs("/sys/fs/cgroup/busy", exist_ok=True)
    sleeper = subprocess.Popen(["sleep", "1000"])
    with open("/sys/fs/cgroup/busy/cgroup.procs", "w", encoding="utf-8") as file:
        file.write(str(sleeper.pid))
    refused = command(bulkhead, "run", "--rm", "--cgroup-parent", "/busy", "busybox", "true")
    sleeper.kill()
    sleeper.wait()
    expect(refused.returncode == 125 and "/sys/fs/cgroup/busy/cgroup.subtree_control" in refused.stderr, f"{refused}")


def cgroup_leftovers(bulkhead):
    """A supervisor that was killed leaves an empty cgroup until the container starts again or goes."""
    for last in ("start", "rm"):
        container = start(bulkhead, "hit")
        os.kill(container["State"]["SupervisorPid"], signal.SIGKILL)
        while bulkhead.monitors():
            time.sleep(0.05)
        expect(container_cgroups() == [container["Id"]], f"after the kill: {container_cgroups()}")
        if last == "start":
            done(bulkhead, "start", "hit")
            again = inspect(bulkhead, "hit")
            expect(cgroup_of(again["State"]["Pid"]) == f"/bulkhead/{container['Id']}/machine", "it is elsewhere")
        done(bulkhead, "rm", "-f", "hit")
        expect(not container_cgroups(), f"left: {container_cgroups()}")

    # With --rm any next command cleans up.
    container = start(bulkhead, "gone", "--rm")
    os.kill(container["State"]["SupervisorPid"], signal.SIGKILL)
    while bulkhead.monitors():
        time.sleep(0.05)
    done(bulkhead, "ps")
    expect(not container_cgroups(), f"left: {container_cgroups()}")

    # Killed when nothing of it is written down any more: whom it has started by then cleans up.
    subprocess.run(bulkhead.command("run", "--rm", "busybox", "true"), check=False, capture_output=True,
                   env={**os.environ, "BULKHEAD_FAULT": "recorded:kill"})
    await_supervisors()
    expect(not container_cgroups(), f"left: {container_cgroups()}")

    # A machine that needs more than its cgroup has is ended by the host's kernel, and that is what is said.
    container = start(bulkhead, "large")
    with open(f"{container['Cgroup']['Path']}/machine/memory.max", "w", encoding="utf-8") as file:
        file.write(str(8 * MIB))
    done(bulkhead, "wait", "large")
    state = inspect(bulkhead, "large")["State"]
    expect("more memory than its cgroup allows" in state["Error"], f"{state}")
    done(bulkhead, "rm", "large")


def cgroup_missing(bulkhead):
    """A host without cgroup v2: containers run, the layer is named, and refused where all are asked for."""
    with open("/proc/mounts", encoding="utf-8") as file:
        options = next(line.split()[3] for line in file if line.split()[1:3] == ["/sys/fs/cgroup", "cgroup2"])
    subprocess.run(["umount", "-l", "/sys/fs/cgroup"], check=True)
    container = start(bulkhead, "one")
    expect(container["Jail"]["cgroup"] == "missing: /sys/fs/cgroup is not a cgroup v2 file system", f"{container['Jail']}")
    expect(container["Cgroup"] is None, f"{container['Cgroup']}")
    done(bulkhead, "update", "--cpus", "1", "one")
    refused = command(bulkhead, "run", "--rm", "--security-opt", "jail=required", "busybox", "true")
    expect(refused.returncode == 125 and "lacks: cgroup (" in refused.stderr, f"{refused}")
    expect("note  jail: cgroup: missing: " in command(bulkhead, "doctor").stdout, "doctor")
    done(bulkhead, "rm", "-f", "one")
    subprocess.run(["mount", "-t", "cgroup2", "-o", options, "cgroup2", "/sys/fs/cgroup"], check=True)
