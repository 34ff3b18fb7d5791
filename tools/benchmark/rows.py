"""What is measured: one class for each way of running `echo hi` from a busybox image."""

import json
import os
import shutil
import subprocess
import time

MARK = b"hi"
GUEST_MEMORY_MIB = 512  # the same for bulkhead and QEMU


def run_and_time(command, mark=MARK, **options):
    """Gives (milliseconds to the first output that is ours, milliseconds to the end)."""
    start = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **options) as process:
        output = b""
        first = None
        while chunk := os.read(process.stdout.fileno(), 65536):
            output += chunk
            if first is None and mark in output:
                first = time.monotonic()
        errors = process.stderr.read()
        code = process.wait()
    end = time.monotonic()
    if first is None or code != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {code}\n{output.decode(errors='replace')}"
                           f"{errors.decode(errors='replace')}")
    return (first - start) * 1000, (end - start) * 1000


def private_kib(pid, is_guest=lambda mapping: False):
    """Private_* of a process's own mappings, and of those that are guest RAM, in KiB. With a second process of the same
    program the pages of the program's file are not private, so this is what each further one costs."""
    own, guest, mapping = 0, 0, {}
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as file:
        for line in file:
            field, _, value = line.partition(":")
            if "-" in field and " " in field:
                mapping = {}
                continue
            mapping[field] = value.split()
            if field != "VmFlags":  # the last line of a mapping
                continue
            private = sum(int(mapping[name][0]) for name in ("Private_Clean", "Private_Dirty"))
            if is_guest(mapping):
                guest += private
            else:
                own += private
    return own, guest


# Ours keeps guest RAM from children; QEMU has it in one piece.
def is_our_guest(mapping):
    return "dc" in mapping["VmFlags"] and "wr" in mapping["VmFlags"]


def is_large(mapping):
    return int(mapping["Size"][0]) >= GUEST_MEMORY_MIB * 512


class Row:
    name = ""

    def command(self):
        raise NotImplementedError

    def run_once(self):
        first, whole = run_and_time(self.command())
        return {"first_byte": first, "whole": whole}

    def measure_memory(self):
        return {}


class Bulkhead(Row):
    """From a boot of its own ("never"), or from a template, which is made before anything is measured ("auto")."""

    NAMES = {"never": "bulkhead-cold", "auto": "bulkhead-template"}

    def __init__(self, staged, directory, template):
        self.name = self.NAMES[template]
        self.template = template
        directory = os.path.join(directory, self.name)
        self.program = os.path.join(staged, "bin", "bulkhead")
        self.state = ["--root", os.path.join(directory, "root"), "--state", os.path.join(directory, "state")]
        image = os.path.join(directory, "image")
        subprocess.run([os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                     "make_busybox_image"), image], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([self.program, *self.state, "load", "--name", "bench:latest", image], check=True,
                       stdout=subprocess.DEVNULL)
        if template == "auto":
            self.call("template", "build", "-m", f"{GUEST_MEMORY_MIB}m")

    def command(self):
        return [self.program, *self.state, "run", "--rm", "--template", self.template, "-m", f"{GUEST_MEMORY_MIB}m",
                "bench", "echo", "hi"]

    def call(self, *words):
        return subprocess.run([self.program, *self.state, *words], check=True, stdout=subprocess.PIPE).stdout.decode()

    def measure_memory(self):
        """Of a container that only sleeps, beside another one: its monitor, and its supervisor."""
        for name in ("other", "idle"):
            self.call("run", "-d", "--name", name, "--template", self.template, "-m", f"{GUEST_MEMORY_MIB}m", "bench",
                      "sleep", "1000")
        monitor, supervisor = self.call("inspect", "-f", "{{.State.Pid}} {{.State.SupervisorPid}}", "idle").split()
        own, guest = private_kib(monitor, is_our_guest)
        used = {"vmm_private_kib": own, "guest_private_kib": guest,
                "supervisor_private_kib": private_kib(supervisor)[0]}
        self.call("rm", "-f", "idle", "other")
        return used


class OciRuntime(Row):
    """crun or runc with a bundle whose root file system is the busybox that the image holds."""

    def __init__(self, runtime, directory):
        self.name = runtime
        self.bundle = os.path.join(directory, runtime)
        self.count = 0
        bin_directory = os.path.join(self.bundle, "rootfs", "bin")
        os.makedirs(bin_directory)
        for folder in ("proc", "dev", "sys", "tmp"):
            os.makedirs(os.path.join(self.bundle, "rootfs", folder))
        shutil.copy(shutil.which("busybox"), bin_directory)
        for applet in ("sh", "echo"):
            os.symlink("busybox", os.path.join(bin_directory, applet))
        subprocess.run([runtime, "spec"], cwd=self.bundle, check=True)
        config_path = os.path.join(self.bundle, "config.json")
        with open(config_path, encoding="utf-8") as file:
            config = json.load(file)
        config["process"]["terminal"] = False
        config["process"]["args"] = ["echo", "hi"]
        with open(config_path, "w", encoding="utf-8") as file:
            json.dump(config, file)

    def command(self):
        self.count += 1
        return [self.name, "run", "--bundle", self.bundle, f"bench-{os.getpid()}-{self.count}"]


class QemuMicrovm(Row):
    """QEMU's microvm machine with the same kernel and the same busybox, from an initramfs."""

    name = "qemu-microvm"

    def __init__(self, staged, directory):
        self.kernel = os.path.join(staged, "share", "bulkhead", "vmlinux")
        root = os.path.join(directory, "microvm")
        os.makedirs(os.path.join(root, "bin"))
        os.makedirs(os.path.join(root, "dev"))
        subprocess.run(["mknod", os.path.join(root, "dev", "console"), "c", "5", "1"], check=True)
        shutil.copy(shutil.which("busybox"), os.path.join(root, "bin"))
        with open(os.path.join(root, "init"), "w", encoding="utf-8") as file:
            file.write("#!/bin/busybox sh\n/bin/busybox echo hi\nexec /bin/busybox reboot -f\n")
        os.chmod(os.path.join(root, "init"), 0o755)
        self.initramfs = os.path.join(directory, "microvm.cpio")
        with open(self.initramfs, "wb") as file:
            names = subprocess.run(["find", ".", "-print0"], cwd=root, check=True, capture_output=True).stdout
            subprocess.run(["cpio", "--quiet", "--null", "-o", "-H", "newc"], cwd=root, check=True, input=names,
                           stdout=file)

    def command(self):
        return ["qemu-system-x86_64", "-M", "microvm,x-option-roms=off,rtc=off", "-accel", "kvm", "-cpu", "host",
                "-smp", "1", "-m", str(GUEST_MEMORY_MIB), "-nodefaults", "-no-user-config", "-display", "none",
                "-serial", "stdio", "-no-reboot", "-kernel", self.kernel, "-initrd", self.initramfs,
                "-append", "console=ttyS0 quiet reboot=t panic=-1"]

    def measure_memory(self):
        command = [part if part != "console=ttyS0 quiet reboot=t panic=-1" else
                   "console=ttyS0 quiet reboot=t panic=-1 rdinit=/bin/busybox -- sh -c \"busybox echo hi; busybox sleep 1000\""
                   for part in self.command()]
        machines = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) for _ in range(2)]
        for machine in machines:
            output = b""
            while MARK not in output:
                output += os.read(machine.stdout.fileno(), 4096)
        own, guest = private_kib(machines[-1].pid, is_large)
        for machine in machines:
            machine.kill()
            machine.communicate()
        return {"vmm_private_kib": own, "guest_private_kib": guest}


def make_rows(staged, directory):
    return [Bulkhead(staged, directory, "never"), Bulkhead(staged, directory, "auto"),
            OciRuntime("crun", directory), OciRuntime("runc", directory), QemuMicrovm(staged, directory)]
