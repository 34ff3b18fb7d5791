"""The monitor under its AppArmor profile, on a kernel that has AppArmor."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from lifecycle_cases import command
from process_cases import expect_lines
from support import expect

TOP = pathlib.Path(__file__).resolve().parents[3]
PROFILE = TOP / "packaging" / "apparmor" / "bulkhead-vmm"
SECURITYFS = "/sys/kernel/security"


def call(*words):
    result = subprocess.run(words, capture_output=True, check=False, text=True)
    expect(result.returncode == 0, f"{words}: {result}")
    return result.stdout


def load_profile():
    if not os.path.isdir(f"{SECURITYFS}/apparmor"):
        call("mount", "-t", "securityfs", "securityfs", SECURITYFS)
    # Only what is in the file counts, and nothing is written on the host.
    call("apparmor_parser", "--replace", "--skip-cache", str(PROFILE))


def label_of(pid):
    return pathlib.Path(f"/proc/{pid}/attr/apparmor/current").read_text(encoding="utf-8").strip()


def pid_of(bulkhead, name):
    return int(command(bulkhead, "inspect", "-f", "{{.State.Pid}}", name))


def acts_under_profile(bulkhead):
    """What a program under the profile can do, without any other wall of the jail."""
    with tempfile.TemporaryDirectory() as folder:
        # Only a file of the monitor's name may be mapped to execute.
        program = os.path.join(folder, "bulkhead-vmm")
        shutil.copy(os.path.join(os.path.dirname(bulkhead.program), "bulkhead_guest_acts"), program)
        result = call("aa-exec", "-p", "bulkhead-vmm", "--", program)
        shell = subprocess.run(["aa-exec", "-p", "bulkhead-vmm", "--", "/bin/sh", "-c", "true"], capture_output=True, check=False)
        expect(shell.returncode != 0, f"another program runs under the profile: {shell}")
    return dict(line.split("\t") for line in result.splitlines())


def apparmor(bulkhead):
    """A machine works under the profile, inspect names it, and it leaves little to do."""
    bulkhead.run("-d", "--name", "before", "busybox", "sleep", "100000", check_code=0)
    expect(label_of(pid_of(bulkhead, "before")) == "unconfined", "a profile that nobody loaded")
    shown = command(bulkhead, "inspect", "-f", "<{{.AppArmorProfile}}>", "before")
    expect(shown == "<>\n", f"inspect: {shown}")
    command(bulkhead, "rm", "-f", "before")

    load_profile()
    for removed in ([], ["--rm"]):  # a disk with a name, and one without
        bulkhead.run("-d", "--name", "confined", *removed, "busybox", "sleep", "100000", check_code=0)
        expect(label_of(pid_of(bulkhead, "confined")) == "bulkhead-vmm (enforce)", label_of(pid_of(bulkhead, "confined")))
        shown = command(bulkhead, "inspect", "-f", "{{.AppArmorProfile}}", "confined")
        expect(shown == "bulkhead-vmm\n", f"inspect: {shown}")
        output = command(bulkhead, "exec", "confined", "sh", "-c", "dd if=/dev/zero of=/f bs=1M count=8 2>/dev/null && sync && rm /f &&"
                                                                   " fstrim / ; head -c 65536 /dev/urandom | wc -c")
        expect_lines(output, ["65536"])
        command(bulkhead, "update", "--device-write-bps", "100m", "--stream-bps", "10m", "confined")
        command(bulkhead, "pause", "confined")
        command(bulkhead, "unpause", "confined")
        command(bulkhead, "stop", "-t", "1", "confined")
        if not removed:
            command(bulkhead, "start", "confined")
            expect_lines(command(bulkhead, "exec", "confined", "echo", "again"), ["again"])
            command(bulkhead, "rm", "-f", "confined")

    found = acts_under_profile(bulkhead)
    for act in ("a TCP socket", "a packet socket", "a vsock socket, to the host", "mount a tmpfs", "change the root (chroot)",
                "make a device", "become another user", "trace another process", "read another process's memory",
                "read the kernel's log", "load a kernel module", "use I/O ports"):
        expect(found[act] in ("EPERM", "EACCES"), f"{act}: {found[act]}")
    expect(found["a socket pair"] == "done", f"a socket pair: {found['a socket pair']}")
