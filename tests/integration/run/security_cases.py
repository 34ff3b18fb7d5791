"""The security profiles of a container inside its machine: docs/security-profiles.md."""

import hashlib
import json
import os
import pathlib
import subprocess

from lifecycle_cases import command
from process_cases import expect_lines, shell, status_field
from support import expect

DOCUMENT = pathlib.Path(__file__).resolve().parents[3] / "docs" / "security-profiles.md"
MARKS = ("<!-- acts -->", "<!-- /acts -->")
# The table's columns.
CONTAINERS = (("default",), ("--security", "strict"), ("--security", "strict", "--cap-add", "ALL"), ("--privileged",))
PUT = "cat > /acts; chmod 755 /acts; "


def acts_program(bulkhead):
    return os.path.join(os.path.dirname(bulkhead.program), "bulkhead_guest_acts")


def acts_in(bulkhead, flags):
    with open(acts_program(bulkhead), "rb") as program:
        result = bulkhead.run("--rm", "-i", *flags, "busybox", "sh", "-c", PUT + "/acts", stdin=program, check_code=0)
    return dict(line.split("\t") for line in result.stdout.decode().splitlines())


def documented():
    text = DOCUMENT.read_text(encoding="utf-8").split(MARKS[0])[1].split(MARKS[1])[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows[1:] if "---" not in row[0]}


def files_of(bulkhead):
    """What every machine of this host runs: names and digests."""
    folder = os.path.join(os.path.dirname(bulkhead.program), "..", "share", "bulkhead")
    return {name: hashlib.sha256(pathlib.Path(folder, name).read_bytes()).hexdigest() for name in sorted(os.listdir(folder))}


def security_profiles(bulkhead):
    """Each act has the end that the table says, in each profile; the kernel and the agent stay as they are."""
    before = files_of(bulkhead)
    expect(len(before) >= 2, f"no kernel and agent: {before}")
    found = {}
    for flags in CONTAINERS:
        for act, end in acts_in(bulkhead, () if flags == ("default",) else flags).items():
            found.setdefault(act, []).append(end)
    table = "\n".join(f"| {act} | {' | '.join(ends)} |" for act, ends in found.items())
    expect(found == documented(), f"the table of {DOCUMENT.name} is another; what was seen:\n{table}")
    expect(files_of(bulkhead) == before, "a container changed the kernel or the agent")


def security_strict(bulkhead):
    """--security strict: capabilities, settings, zeroed memory; what would loosen it is refused."""
    status = shell(bulkhead, "cat /proc/self/status /proc/cmdline", "--security", "strict")
    expect(status_field(status, "CapEff") == "00000000000004fb", f"CapEff {status_field(status, 'CapEff')}")
    expect(status_field(status, "CapBnd") == "00000000000004fb", f"CapBnd {status_field(status, 'CapBnd')}")
    expect(status_field(status, "NoNewPrivs") == "1", "new privileges are possible")
    expect(status_field(status, "Seccomp") == "2", "no seccomp filter")
    expect("init_on_alloc=1" in status, status)
    settings = {"user/max_user_namespaces": "0", "kernel/io_uring_disabled": "2", "vm/unprivileged_userfaultfd": "0",
                "kernel/perf_event_paranoid": "3", "kernel/kptr_restrict": "2", "kernel/dmesg_restrict": "1",
                "net/core/bpf_jit_harden": "2", "fs/protected_symlinks": "1", "fs/protected_hardlinks": "1",
                "fs/protected_fifos": "2", "fs/protected_regular": "2", "fs/suid_dumpable": "0", "dev/tty/ldisc_autoload": "0"}
    expect_lines(shell(bulkhead, "cd /proc/sys; for s in " + " ".join(settings) + "; do echo $s $(cat $s); done",
                       "--security", "strict", "--cap-add", "ALL"), [f"{key} {value}" for key, value in settings.items()])
    for flags, word in ((("--privileged",), b"--privileged"), (("--security-opt", "seccomp=unconfined"), b"seccomp"),
                        (("--security-opt", "no-new-privileges=false"), b"no-new-privileges"),
                        (("--security-opt", "init-on-alloc=false"), b"init-on-alloc"),
                        (("--security-opt", "systempaths=unconfined"), b"systempaths"),
                        (("--sysctl", "kernel.kptr_restrict=0"), b"kptr_restrict")):
        result = bulkhead.run("--rm", "--security", "strict", *flags, "busybox", "true", check_code=125)
        expect(b"conflicting options: --security strict" in result.stderr and word in result.stderr, f"{flags}: {result.stderr!r}")
    bulkhead.run("--rm", "--security", "severe", "busybox", "true", check_code=125)

    # Processes that come later have no more.
    bulkhead.run("-d", "--name", "strict", "--security", "strict", "busybox", "sleep", "100000", check_code=0)
    status = command(bulkhead, "exec", "strict", "cat", "/proc/self/status")
    expect(status_field(status, "CapEff") == "00000000000004fb", f"CapEff {status_field(status, 'CapEff')}")
    expect((status_field(status, "NoNewPrivs"), status_field(status, "Seccomp")) == ("1", "2"), status)
    refused = subprocess.run(bulkhead.command("exec", "--privileged", "strict", "true"), capture_output=True, check=False)
    expect(refused.returncode != 0 and b"--security strict" in refused.stderr, f"exec --privileged: {refused}")
    host = json.loads(command(bulkhead, "inspect", "-f", "{{json .HostConfig}}", "strict"))
    expect((host["Security"], host["InitOnAlloc"]) == ("strict", True), f"inspect: {host}")
    expect(host["Sysctls"]["user.max_user_namespaces"] == "0", f"inspect: {host['Sysctls']}")
    command(bulkhead, "rm", "-f", "strict")


def security_options(bulkhead):
    """--security-opt no-new-privileges as docker has it, and init-on-alloc."""
    for option, expected in (("no-new-privileges", "1"), ("no-new-privileges=true", "1"), ("no-new-privileges:true", "1"),
                             ("no-new-privileges:false", "0")):
        status = shell(bulkhead, "cat /proc/self/status", "--security-opt", option)
        expect(status_field(status, "NoNewPrivs") == expected, f"{option}: {status_field(status, 'NoNewPrivs')}")
    for option, expected in (("no-new-privileges=false", "0"), ("no-new-privileges", "1000")):
        bulkhead.run("-d", "--name", "privileges", "--security-opt", option, "busybox", "sleep", "100000", check_code=0)
        with open(acts_program(bulkhead), "rb") as program:
            put = subprocess.run(bulkhead.command("exec", "-i", "privileges", "sh", "-c", PUT + "chmod 4755 /acts"), stdin=program,
                                 capture_output=True, check=False)
        expect(put.returncode == 0, f"exec: {put}")
        expect_lines(command(bulkhead, "exec", "-u", "1000", "privileges", "/acts", "euid"), [expected])
        command(bulkhead, "rm", "-f", "privileges")

    zeroed = "grep -o init_on_alloc=1 /proc/cmdline; dmesg | grep -o 'heap alloc:[a-z]*'"
    expect_lines(shell(bulkhead, zeroed, "--privileged"), ["heap alloc:off"])
    # The option wins over what was added by hand.
    expect_lines(shell(bulkhead, zeroed, "--privileged", "--security-opt", "init-on-alloc", "--kernel-args", "init_on_alloc=0"),
                 ["init_on_alloc=1", "heap alloc:on"])
    command(bulkhead, "create", "--name", "plain", "--security-opt", "init-on-alloc", "busybox")
    shown = command(bulkhead, "inspect", "-f", "{{.HostConfig.Security}} {{.HostConfig.InitOnAlloc}}", "plain")
    expect(shown == "default true\n", f"inspect: {shown}")
    command(bulkhead, "rm", "plain")
