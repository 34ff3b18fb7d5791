"""The jail around a running monitor, seen from outside, and what happens where a host lacks a part of it."""

import errno
import json
import os
import shutil
import subprocess
import tempfile
import time

from support import Failure, expect

FIRST_USER = 0x7B000000
USERS = 65536
NAMESPACES = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")
LAYERS = {"own user", "user namespace", "mount namespace", "pid namespace", "network namespace", "ipc namespace",
          "uts namespace", "cgroup namespace", "empty root", "landlock", "cgroup", "supervisor"}
# What a monitor's descriptors may lead to, by the beginning of the link.
KINDS = ("/dev/null", "/dev/kvm", "socket:", "pipe:", "anon_inode:[eventfd]", "anon_inode:[eventpoll]",
         "anon_inode:[timerfd]", "anon_inode:kvm-vm", "anon_inode:kvm-vcpu")


def command(bulkhead, *arguments):
    return subprocess.run(bulkhead.command(*arguments), capture_output=True, check=False, text=True)


def inspect(bulkhead, name):
    return json.loads(command(bulkhead, "inspect", name).stdout)[0]


def start(bulkhead, name, *flags):
    result = command(bulkhead, "run", "-d", "--name", name, *flags, "busybox", "sleep", "1000")
    expect(result.returncode == 0, f"{name}: {result.stderr}")
    return inspect(bulkhead, name)


def status_of(path):
    with open(f"{path}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def check_thread(path, own_user=True):
    status = status_of(path)
    where = f"{path} ({status['Name']})"
    expect(status["NoNewPrivs"] == "1", f"{where}: NoNewPrivs {status['NoNewPrivs']}")
    expect(status["Seccomp"] == "2", f"{where}: Seccomp {status['Seccomp']}")
    # The supervisor's, which it inherits, and two of its own.
    expect(status["Seccomp_filters"] == "3", f"{where}: {status['Seccomp_filters']} filters")
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        expect(int(status[kind], 16) == 0, f"{where}: {kind} {status[kind]}")
    users = set(status["Uid"].split() + status["Gid"].split())
    expect(len(users) == 1, f"{where}: {users}")
    user = int(users.pop())
    expect(FIRST_USER <= user < FIRST_USER + USERS or not own_user, f"{where}: user {user}")
    expect(not status["Groups"].split(), f"{where}: groups {status['Groups']}")
    expect(status["NSpid"].split()[1:] and status["NSpid"].split()[0] != status["NSpid"].split()[1],
           f"{where}: NSpid {status['NSpid']}")
    return user


def check_root(pid):
    root = f"/proc/{pid}/root"
    expect(not os.listdir(root), f"files in the root directory: {os.listdir(root)}")
    try:
        os.mkdir(f"{root}/new")
        raise Failure("the root directory is writable")
    except OSError as error:
        expect(error.errno == errno.EROFS, f"making a directory: {error}")
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8") as file:
        mounts = file.read().splitlines()
    expect(len(mounts) == 1, f"mounts: {mounts}")
    flags = mounts[0].split()[5].split(",")
    expect({"ro", "nosuid", "nodev", "noexec"} <= set(flags), f"mounted {flags}")


def check_descriptors(pid, disks):
    for number in os.listdir(f"/proc/{pid}/fd"):
        link = os.readlink(f"/proc/{pid}/fd/{number}")
        lock = number == "0" and link.startswith("/run/bulkhead-users/")
        disk = any(link.startswith(folder) for folder in disks)
        expect(lock or disk or link.startswith(KINDS), f"descriptor {number} leads to {link}")


def check_limits(pid):
    with open(f"/proc/{pid}/limits", encoding="utf-8") as file:
        hard = {line[:26].strip(): line[26:].split()[1] for line in file.read().splitlines()[1:]}
    for name, most in (("Max core file size", 0), ("Max locked memory", 0), ("Max msgqueue size", 0),
                       ("Max open files", 4096), ("Max processes", 48), ("Max file size", 1 << 40)):
        expect(hard[name].isdigit() and int(hard[name]) <= most, f"{name}: {hard[name]}")


def check_supervisor(bulkhead, pid):
    """It has Bulkhead's own files, and few of root's powers."""
    status = status_of(f"/proc/{pid}")
    expect(status["Name"] == "bulkhead", f"the supervisor is called {status['Name']}")
    # CAP_DAC_OVERRIDE, CAP_SETGID, CAP_SETUID
    for kind in ("CapPrm", "CapEff", "CapBnd"):
        expect(int(status[kind], 16) == 0xC2, f"supervisor: {kind} {status[kind]}")
    expect((status["NoNewPrivs"], status["Seccomp"], status["Seccomp_filters"]) == ("1", "2", "2"), f"{status}")
    root = f"/proc/{pid}/root"
    for hidden in ("etc", "root", "home", "usr/bin", "dev/mem", "proc/sys"):
        expect(not os.path.exists(f"{root}/{hidden}"), f"the supervisor sees /{hidden}")
    for there in (bulkhead.root, bulkhead.state, "/dev/kvm", "/sys/fs/cgroup/bulkhead"):
        expect(os.path.exists(f"{root}/{there}"), f"the supervisor does not see {there}")
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8") as file:
        mounts = [line.split() for line in file]
    writable = {fields[4] for fields in mounts if "rw" in fields[5].split(",")}
    expect(writable == {"/proc", bulkhead.root, bulkhead.state, "/run/bulkhead-users", "/sys/fs/cgroup/bulkhead"},
           f"the supervisor can write to {writable}")
    for fields in mounts:
        expect("nosuid" in fields[5].split(","), f"set-user-id programs work in {fields[4]}")


def jailed(bulkhead):
    first = start(bulkhead, "one", "--security-opt", "jail=required")
    second = start(bulkhead, "two")
    expect(first["Jail"] == {layer: "on" for layer in LAYERS}, f"inspect: {first['Jail']}")
    users = set()
    for container in (first, second):
        pid, supervisor = container["State"]["Pid"], container["State"]["SupervisorPid"]
        threads = os.listdir(f"/proc/{pid}/task")
        expect(len(threads) >= 6, f"threads: {threads}")  # loop, vCPU, four disk workers
        users |= {check_thread(f"/proc/{pid}/task/{thread}") for thread in threads}
        for namespace in NAMESPACES:
            mine, others = (os.readlink(f"/proc/{each}/ns/{namespace}") for each in (pid, supervisor))
            expect(mine != others, f"{namespace} namespace is the supervisor's")
        check_root(pid)
        check_supervisor(bulkhead, supervisor)
        check_descriptors(pid, (bulkhead.root, bulkhead.state))
        check_limits(pid)
    expect(len(users) == 2, f"users of two monitors: {users}")
    # What a container writes goes through the filters of all threads.
    result = command(bulkhead, "exec", "one", "sh", "-c", "dd if=/dev/zero of=/f bs=1M count=8 && sync && rm /f && "
                                                         "fstrim / ; head -c 65536 /dev/urandom | wc -c")
    expect(result.stdout.endswith("65536\n"), f"exec: {result}")
    expect(command(bulkhead, "rm", "-f", "one", "two").returncode == 0, "rm")
    # A supervisor tells of the end before it goes, and its user id goes with it.
    for _ in range(100):
        if not os.listdir("/run/bulkhead-users"):
            break
        time.sleep(0.1)
    expect(not os.listdir("/run/bulkhead-users"), f"left: {os.listdir('/run/bulkhead-users')}")


class Unprivileged:
    """The program as somebody else's than root: copies of it and of an image, in places of theirs."""

    USER = 65534

    def __init__(self, bulkhead):
        build = os.path.dirname(os.path.dirname(bulkhead.program))
        self.home = tempfile.mkdtemp(prefix="bulkhead-user.", dir="/tmp")
        os.mkdir(f"{self.home}/bin")
        for name in ("bulkhead", "bulkhead-vmm"):
            shutil.copy(f"{build}/bin/{name}", f"{self.home}/bin/{name}")
        shutil.copytree(f"{build}/share", f"{self.home}/share")
        shutil.copytree(f"{build}/../images/busybox", f"{self.home}/busybox")
        subprocess.run(["chown", "-R", f"{self.USER}:{self.USER}", self.home], check=True)

    def command(self, *arguments):
        return ["setpriv", f"--reuid={self.USER}", f"--regid={self.USER}", "--clear-groups", "env", f"HOME={self.home}",
                f"TMPDIR={self.home}", f"{self.home}/bin/bulkhead", *arguments]


def jail_without_root(bulkhead):
    """Whoever may use /dev/kvm has every layer but a user id for each machine."""
    user = Unprivileged(bulkhead)
    os.chmod("/dev/kvm", 0o666)
    loaded = command(user, "load", "--name", "busybox", f"{user.home}/busybox")
    expect(loaded.returncode == 0, f"load: {loaded}")
    patience = ("--start-timeout", "600")
    result = command(user, "run", *patience, "--rm", "busybox", "sh", "-c", "echo hello; exit 7")
    expect((result.returncode, result.stdout) == (7, "hello\n"), f"run: {result}")
    container = start(user, "one", *patience)
    expect(container["Jail"] == {layer: "on" for layer in LAYERS} | {"own user": "missing: needs root",
                                                                  "cgroup": "missing: needs root, or --cgroup-parent",
                                                                  "supervisor": "missing: needs root"},
           f"inspect: {container['Jail']}")
    pid, supervisor = container["State"]["Pid"], container["State"]["SupervisorPid"]
    for thread in os.listdir(f"/proc/{pid}/task"):
        found = check_thread(f"/proc/{pid}/task/{thread}", own_user=False)
        expect(found == Unprivileged.USER, f"user {found}")
    for namespace in NAMESPACES:
        mine, others = (os.readlink(f"/proc/{each}/ns/{namespace}") for each in (pid, supervisor))
        expect(mine != others, f"{namespace} namespace is the supervisor's")
    check_root(pid)
    check_limits(pid)
    expect(command(user, "rm", "-f", "one").returncode == 0, "rm")
    refused = command(user, "run", "--rm", "--security-opt", "jail=required", "busybox", "true")
    expect(refused.returncode == 125 and "lacks: own user (needs root)" in refused.stderr, f"{refused}")
    check_delegated_cgroup(user, patience)
    shutil.rmtree(user.home)


def check_delegated_cgroup(user, patience):
    """A cgroup that was handed to the user, who starts machines from one beside theirs."""
    place = "/sys/fs/cgroup/theirs"
    os.makedirs(f"{place}/shell")
    for folder in (os.path.dirname(place), place):
        with open(f"{folder}/cgroup.subtree_control", "w", encoding="utf-8") as file:
            file.write("+memory +cpu +pids")
    for folder in (place, f"{place}/shell"):
        for path in (folder, f"{folder}/cgroup.procs", f"{folder}/cgroup.subtree_control"):
            os.chown(path, user.USER, user.USER)
    words = user.command("run", "-d", "--name", "two", *patience, "--cgroup-parent", "/theirs/machines", "busybox", "sleep", "1000")
    started = subprocess.run(["sh", "-c", f'echo $$ >{place}/shell/cgroup.procs; exec "$@"', "sh", *words],
                             capture_output=True, check=False, text=True)
    expect(started.returncode == 0, f"{started}")
    container = inspect(user, "two")
    expect(container["Jail"]["cgroup"] == "on", f"inspect: {container['Jail']}")
    path = f"{place}/machines/{container['Id']}"
    expect(container["Cgroup"]["Path"] == path and container["Cgroup"]["pids.max"] == "48", f"{container['Cgroup']}")
    for leaf, process in (("machine", "Pid"), ("supervisor", "SupervisorPid")):
        with open(f"/proc/{container['State'][process]}/cgroup", encoding="utf-8") as file:
            expect(file.read() == f"0::/theirs/machines/{container['Id']}/{leaf}\n", f"the {leaf} is elsewhere")
    expect(command(user, "rm", "-f", "two").returncode == 0, "rm")
    expect(not os.path.exists(path), "the cgroup is left")


def jail_incomplete(bulkhead):
    """A host that allows no user namespace: named, and refused where all layers are asked for."""
    with open("/proc/sys/user/max_user_namespaces", "w", encoding="utf-8") as file:
        file.write("0")
    refused = command(bulkhead, "run", "--rm", "--security-opt", "jail=required", "busybox", "true")
    expect(refused.returncode == 125 and "lacks: user namespace (" in refused.stderr, f"{refused}")
    container = start(bulkhead, "one")
    layers = container["Jail"]
    expect(layers["user namespace"].startswith("missing: "), f"{layers}")
    expect({layer for layer, word in layers.items() if word == "on"} == LAYERS - {"user namespace"}, f"{layers}")
    pid = container["State"]["Pid"]
    for thread in os.listdir(f"/proc/{pid}/task"):
        check_thread(f"/proc/{pid}/task/{thread}")
    check_root(pid)
    doctor = command(bulkhead, "doctor").stdout
    expect("note  jail: user namespace: missing: " in doctor, doctor)
    expect("ok    jail: empty root\n" in doctor and "ok    jail: seccomp\n" in doctor, doctor)
    expect(command(bulkhead, "rm", "-f", "one").returncode == 0, "rm")
