"""Containers beyond their run, and looking into a run."""

import json
import os
import subprocess
import tempfile

from support import expect


def command(bulkhead, *arguments, code=0):
    result = subprocess.run(bulkhead.command(*arguments), capture_output=True, check=False)
    expect(result.returncode == code, f"{arguments}: {result.returncode}, {result.stderr!r}")
    return result.stdout.decode()


def expect_clean_disk(bulkhead):
    """The writable disk of the only container was unmounted, and has no fault."""
    disk = os.path.join(bulkhead.root, "containers", os.listdir(os.path.join(bulkhead.root, "containers"))[0], "disk.ext4")
    check = subprocess.run(["/sbin/e2fsck", "-fn", disk], capture_output=True, check=False)
    expect(check.returncode == 0 and b"recover" not in check.stdout + check.stderr, f"the disk is not clean: {check}")


def containers(bulkhead):
    """Without --rm a container stays until rm; names are unique; rm -f ends a running one."""
    bulkhead.run("--name", "kept", "busybox", "sh", "-c", "echo data > /file; exit 3", check_code=3)
    listed = command(bulkhead, "ps", "-a")
    expect("Exited (3)" in listed and "kept" in listed, listed)
    expect("kept" not in command(bulkhead, "ps"), "an ended container is listed as running")
    expect_clean_disk(bulkhead)
    result = bulkhead.run("--name", "kept", "busybox", "true", check_code=125)
    expect(b"already in use" in result.stderr, f"stderr: {result.stderr!r}")
    expect(command(bulkhead, "rm", "kept") == "kept\n", "rm does not say what it removed")
    expect("kept" not in command(bulkhead, "ps", "-a"), "rm did not remove")
    command(bulkhead, "rm", "kept", code=1)
    with bulkhead.start("--name", "busy", "busybox", "sh", "-c", "echo ready; sleep 10000", stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE) as process:
        expect(process.stdout.readline() == b"ready\n", "no container")
        expect("Up " in command(bulkhead, "ps"), "a running container is not listed")
        command(bulkhead, "rm", "busy", code=1)
        command(bulkhead, "rm", "-f", "busy")
        expect(process.wait() == 137, f"exit code {process.returncode}, expected that of a killed process")
        expect(process.stderr.read() == b"", "the one who wished it needs no word")
    expect(command(bulkhead, "ps", "-aq") == "", "rm -f left a container")


def observation(bulkhead):
    """--trace, --console, version, doctor, and the words for mistakes."""
    with tempfile.TemporaryDirectory(prefix="trace") as folder:
        path = os.path.join(folder, "trace.json")
        bulkhead.run("--rm", "--trace", path, "busybox", "true", check_code=0)
        with open(path, encoding="utf-8") as file:
            events = json.load(file)["traceEvents"]
    tracks = {event["tid"] for event in events if event["ph"] == "X"}
    expect(tracks == {1, 2, 3}, f"tracks {tracks}")
    names = {event["name"] for event in events}
    expect({"create the container", "start the supervisor", "guest goes on", "agent starts the process", "process runs"} <= names, f"steps {names}")
    expect("guest boots" not in names and "agent executed" not in names, f"steps of another start: {names}")
    result = bulkhead.run("--rm", "--console", "--kernel-args", "loglevel=7", "busybox", "true", check_code=0)
    expect(b"Hypervisor detected: KVM" in result.stderr, f"console: {result.stderr[:400]!r}")
    expect(command(bulkhead, "version").startswith("bulkhead "), "version")
    doctor = command(bulkhead, "doctor")
    expect("Everything that a container needs is there." in doctor, "doctor")
    # Advice is none of what a container needs.
    for what in ("processor flaws", "microcode", "kvm.nx_huge_pages", "user namespaces"):
        expect(f"  host: {what}: " in doctor, doctor)
    expect("hint  host: " in doctor and "BAD " not in doctor, doctor)
    for words, message in ((("run", "--rmm", "x"), b"did you mean --rm?"), (("rnu",), b"Did you mean 'run'?"),
                           (("run", "--rm", "nowhere"), b"Unable to find image 'nowhere' locally")):
        result = subprocess.run(bulkhead.command(*words), capture_output=True, check=False)
        expect(result.returncode != 0 and message in result.stderr, f"{words}: {result.stderr!r}")
