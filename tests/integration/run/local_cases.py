"""What an account of the host that is not root, and the surroundings of a command, can do to root's containers."""

import ctypes
import errno
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import tempfile

from lifecycle_cases import command
from process_cases import expect_lines
from support import expect

NOBODY = 65534
USERS = "/run/bulkhead-users"
PTRACE_SEIZE = 0x4206


def pid_of(bulkhead, name, which):
    return int(command(bulkhead, "inspect", "-f", "{{.State." + which + "}}", name))


def as_nobody(function):
    """What `function` returns (a list of texts) as the other user."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        try:
            said = "\n".join(function())
        except Exception as failure:  # the parent must hear of it
            said = f"failed: {failure!r}"
        os.write(writer, said.encode()[:65536])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        said = file.read().decode()
    os.waitpid(child, 0)
    return said.splitlines()


def everything_in(*folders):
    found = []
    for folder in folders:
        found.append(folder)
        for top, directories, files in os.walk(folder):
            found += [os.path.join(top, name) for name in directories + files]
    return found


def can(act):
    """Whether it is anything but refused."""
    try:
        act()
        return True
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EPERM)


def connect(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(path)


def reachable_files(paths, tops):
    """What of `paths` may be used in any way; a folder that holds everything may be looked at."""
    found = []
    for path, mode in paths:
        if stat.S_ISSOCK(mode):
            acts = {"connect": lambda path=path: connect(path)}
        elif stat.S_ISDIR(mode):
            acts = {"make a file in": lambda path=path: os.close(os.open(f"{path}/.new", os.O_CREAT | os.O_WRONLY, 0o600))}
            if path not in tops:
                acts["list"] = lambda path=path: os.listdir(path)
        elif stat.S_ISLNK(mode):
            acts = {"remove": lambda path=path: os.unlink(path)}
        else:
            acts = {"read": lambda path=path: os.close(os.open(path, os.O_RDONLY)),
                    "write": lambda path=path: os.close(os.open(path, os.O_WRONLY)), "remove": lambda path=path: os.unlink(path)}
        found += [f"{name} {path}" for name, act in acts.items() if can(act)]
    return found


def seize(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(PTRACE_SEIZE, pid, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def reachable_processes(pids):
    found = []
    for pid in pids:
        acts = {"signal": lambda pid=pid: os.kill(pid, signal.SIGCONT), "trace": lambda pid=pid: seize(pid),
                "see the root of": lambda pid=pid: os.listdir(f"/proc/{pid}/root/"),
                "see the descriptors of": lambda pid=pid: os.listdir(f"/proc/{pid}/fd")}
        for name in ("mem", "environ", "maps"):
            acts[f"read {name} of"] = lambda pid=pid, name=name: os.close(os.open(f"/proc/{pid}/{name}", os.O_RDONLY))
        found += [f"{name} {pid}" for name, act in acts.items() if can(act)]
    return found


def other_users(bulkhead):
    """root's images, containers, sockets, locks, logs, disks and processes are nobody else's, whatever the umask."""
    program = os.path.join(bulkhead.temporary, "bulkhead")
    shutil.copy(bulkhead.program, program)
    os.chmod(bulkhead.temporary, 0o755)
    before = os.umask(0)
    try:
        bulkhead.run("-d", "--name", "mine", "busybox", "sh", "-c", "echo secret; echo secret > /file; sleep 100000", check_code=0)
        bulkhead.run("-d", "--rm", "--name", "passing", "busybox", "sleep", "100000", check_code=0)
        command(bulkhead, "exec", "mine", "true")
        command(bulkhead, "commit", "mine", "mine:kept")
    finally:
        os.umask(before)
    pids = [pid_of(bulkhead, name, which) for name in ("mine", "passing") for which in ("Pid", "SupervisorPid")]
    tops = (bulkhead.root, bulkhead.state)
    # Not ours: tools/prepare_images wrote it.
    paths = [(path, os.lstat(path).st_mode) for path in everything_in(*tops, USERS) if not path.endswith("/.made-from")]
    expect(sum(stat.S_ISSOCK(mode) for _, mode in paths) >= 2, "no sockets were found")
    expect(any(path.endswith("/disk.ext4") for path, _ in paths), "no disk was found")
    expect(any(path.startswith(USERS + "/") for path, _ in paths), "no lock was found")

    # What is everybody's is found.
    reached = as_nobody(lambda: reachable_files([(program, os.lstat(program).st_mode)], tops))
    expect(reached == [f"read {program}"], f"of a program for everybody: {reached}")
    reached = as_nobody(lambda: reachable_files(paths, tops) + reachable_processes(pids))
    expect(not reached, f"another user can: {reached}")
    for words in (["ps"], ["images"], ["inspect", "mine"], ["logs", "mine"], ["exec", "mine", "true"], ["attach", "mine"], ["kill", "mine"],
                  ["stop", "mine"], ["rm", "-f", "mine"], ["cp", "mine:/file", "-"], ["pause", "mine"], ["update", "--cpus", "1", "mine"],
                  ["commit", "mine"], ["run", "busybox", "true"], ["rmi", "busybox"], ["events", "--since", "1h", "--until", "0s"]):
        line = [program, "--root", bulkhead.root, "--state", bulkhead.state, *words]
        result = subprocess.run(line, user=NOBODY, group=NOBODY, extra_groups=[], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        expect(result.returncode != 0 and b"ermission denied" in result.stderr, f"as another user, {words}: {result}")
        expect(b"secret" not in result.stdout, f"{words} tells: {result}")
    expect_lines(command(bulkhead, "exec", "mine", "cat", "/file"), ["secret"])
    with open("/proc/net/unix", encoding="utf-8") as file:
        expect(not [line for line in file if "@" in line and "bulkhead" in line], "a socket that has no file, and so no owner")
    command(bulkhead, "rm", "-f", "mine", "passing")
    command(bulkhead, "rmi", "mine:kept")
    os.unlink(program)

    # Nor does root use what another user has prepared.
    for owner, mode, word in ((NOBODY, 0o755, "belongs to user 65534"), (0, 0o777, "may be written by other users")):
        with tempfile.TemporaryDirectory() as folder:
            os.chown(folder, owner, owner)
            os.chmod(folder, mode)
            for place in (["--root", folder], ["--root", bulkhead.root, "--state", folder]):
                for words in (["ps"], ["run", "busybox", "true"]):
                    result = subprocess.run([bulkhead.program, *place, *words], capture_output=True, check=False, text=True)
                    expect(result.returncode != 0 and word in result.stderr, f"{place} {words}: {result}")
            expect(not os.listdir(folder), f"made in it: {os.listdir(folder)}")


def evil_library(folder):
    """A library that leaves a mark when anything loads it."""
    mark = os.path.join(folder, "mark")
    source = os.path.join(folder, "evil.c")
    pathlib.Path(source).write_text('#include <stdio.h>\n__attribute__((constructor)) static void load(void) '
                                    f'{{ FILE* f = fopen("{mark}", "a"); if (f) fclose(f); }}\n'
                                    'unsigned la_version(unsigned v) { return v; }\n', encoding="utf-8")
    library = os.path.join(folder, "evil.so")
    built = subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], capture_output=True, check=False)
    expect(built.returncode == 0, f"cc: {built}")
    # It does leave one.
    subprocess.run(["/bin/true"], env={"LD_PRELOAD": library}, check=True)
    expect(os.path.exists(mark), "the library leaves no mark")
    os.unlink(mark)
    return library, mark


def evil_environment(folder, library):
    for name in ("mke2fs", "bulkhead-vmm", "bulkhead"):
        path = os.path.join(folder, name)
        pathlib.Path(path).write_text(f"#!/bin/sh\necho {name} >> {folder}/mark\n", encoding="utf-8")
        os.chmod(path, 0o755)
    configuration = os.path.join(folder, "openssl.cnf")
    pathlib.Path(configuration).write_text(f"openssl_conf = a\n[a]\nengines = b\n[b]\nc = d\n[d]\ndynamic_path = {library}\ninit = 1\n",
                                           encoding="utf-8")
    return {"PATH": f"{folder}:/usr/bin:/bin", "LD_PRELOAD": library, "LD_AUDIT": library, "LD_LIBRARY_PATH": folder, "GCONV_PATH": folder,
            "OPENSSL_CONF": configuration, "OPENSSL_ENGINES": folder, "HOME": folder, "XDG_DATA_HOME": folder, "XDG_RUNTIME_DIR": folder,
            "TMPDIR": folder, "GRPC_TRACE": "all", "GRPC_VERBOSITY": "debug", "GLIBC_TUNABLES": "glibc.malloc.check=3",
            "BULKHEAD_ROOT": folder, "BULKHEAD_STATE": folder, "BULKHEAD_VMM": f"{folder}/bulkhead-vmm", "BULKHEAD_KERNEL": "/dev/null"}


def links_of(pid):
    links = {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            links[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
        except FileNotFoundError:
            continue
    return links


def check_clean(bulkhead, name, strange):
    supervisor, monitor = pid_of(bulkhead, name, "SupervisorPid"), pid_of(bulkhead, name, "Pid")
    for pid in (supervisor, monitor):
        environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
        expect(environment == b"", f"{name}: the environment of {pid}: {environment[:1000]!r}")
        leaked = {number: link for number, link in links_of(pid).items() if link in strange}
        expect(not leaked, f"{name}: descriptors of {pid}: {leaked}")
        maps = pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
        expect(".so" not in maps, f"{name}: libraries of {pid}: {maps}")
    links = links_of(supervisor)
    expect((links[0], links[1]) == ("/dev/null", "/dev/null") and links[2].endswith("/supervisor.log"), f"{name}: {links}")
    expect(os.readlink(f"/proc/{supervisor}/cwd") == "/", "the supervisor keeps the command's folder")


def fill(numbers):
    """Where a supervisor's and a monitor's own descriptors are. No shell does this: the library would be loaded into it."""
    for at, number in enumerate(numbers):
        os.dup2(number, 3 + at, inheritable=True)


def surroundings(bulkhead):
    """A supervisor and a monitor take nothing from the environment and the descriptors of the command that starts them."""
    with tempfile.TemporaryDirectory() as folder:
        library, mark = evil_library(folder)
        environment = evil_environment(folder, library)
        secret = os.path.join(folder, "secret")
        pathlib.Path(secret).write_text("secret", encoding="utf-8")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(os.path.join(folder, "socket"))
        listener.listen()
        numbers = []
        for number in range(100, 160):
            source = listener.fileno() if number % 2 == 0 else os.open(secret, os.O_RDWR)
            numbers.append(os.dup2(source, number, inheritable=True))
        strange = {secret} | {os.readlink(f"/proc/self/fd/{number}") for number in numbers}
        line = bulkhead.command("run", "-d", "--name", "surrounded", "busybox", "sleep", "100000")
        result = subprocess.run(line, env=environment, close_fds=False, preexec_fn=lambda: fill(numbers), capture_output=True, check=False,
                                cwd=folder)
        expect(result.returncode == 0, f"run: {result}")
        check_clean(bulkhead, "surrounded", strange)

        line = bulkhead.command("run", "-d", "--name", "closed", "--disk-size", "64m", "busybox", "sleep", "100000")
        result = subprocess.run(line, env=environment, preexec_fn=lambda: os.closerange(0, 3), check=False)
        expect(result.returncode == 0, f"run without standard streams: {result}")
        check_clean(bulkhead, "closed", strange)
        for name in ("surrounded", "closed"):
            expect_lines(command(bulkhead, "exec", name, "echo", "works"), ["works"])
        result = subprocess.run(bulkhead.command("restart", "-t", "0", "surrounded"), env=environment, capture_output=True, check=False)
        expect(result.returncode == 0, f"restart: {result}")
        check_clean(bulkhead, "surrounded", strange)
        expect(not os.path.exists(mark), f"something was loaded or run: {pathlib.Path(mark).read_text() if os.path.exists(mark) else ''}")
        command(bulkhead, "rm", "-f", "surrounded", "closed")
        left = set(os.listdir(folder)) - {"evil.c", "evil.so", "mke2fs", "bulkhead-vmm", "bulkhead", "openssl.cnf", "secret", "socket"}
        expect(not left, f"files where only the environment said: {left}")
        for number in numbers:
            os.close(number)
        listener.close()
