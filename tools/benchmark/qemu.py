"""QEMU's microvm machine with the same kernel and the same busybox, from an initramfs."""

import contextlib
import os
import shutil
import socket
import subprocess

import timing
from programs import GUEST_MEMORY_MIB, LOAD, read_metrics

DISK_BYTES = 10 << 30  # as the writable disk of a container
FIRST_CID = 3  # smaller ones are taken
# What the initramfs can do instead of /init, by the kernel's `rdinit=`.
SCRIPTS = {
    "init": "/bin/busybox echo hi\n",
    "idle": "/bin/busybox echo hi\n/bin/busybox sleep 100000\n",
    "disk": "/bin/busybox mount -t devtmpfs devtmpfs /dev\n/bin/busybox mount -t ext4 /dev/vda /data &&"
            " /bin/load disk /data/file $MIB && /bin/busybox umount /data\n",
    "stream": "/bin/load stream $MIB $PORT\n",
}


# The guest's kernel has no ACPI: it finds devices by its command line. Its vsock driver takes no legacy device.
WITH_DEVICES = ["-M", "acpi=off", "-global", "virtio-mmio.force-legacy=false"]


def accept_from(listener, machine):
    """The machine's connection; an error if it ends without one."""
    listener.settimeout(1)
    while True:
        try:
            connection, _ = listener.accept()
            connection.settimeout(None)
            return connection
        except TimeoutError:
            if machine.poll() is not None:
                raise RuntimeError("qemu-microvm ended without a connection") from None


def is_guest(mapping):
    return int(mapping["Size"][0]) >= GUEST_MEMORY_MIB * 512


class QemuMicrovm:
    name = "qemu-microvm"

    def __init__(self, staged, directory):
        self.kernel = os.path.join(staged, "share", "bulkhead", "vmlinux")
        self.disk_file = os.path.join(directory, "microvm.disk")
        root = os.path.join(directory, "microvm")
        for folder in ("bin", "dev", "data"):
            os.makedirs(os.path.join(root, folder))
        subprocess.run(["mknod", os.path.join(root, "dev", "console"), "c", "5", "1"], check=True)
        shutil.copy(shutil.which("busybox"), os.path.join(root, "bin"))
        shutil.copy(os.path.join(staged, "bin", LOAD), os.path.join(root, "bin", "load"))
        for name, script in SCRIPTS.items():
            path = os.path.join(root, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/busybox sh\n{script}exec /bin/busybox reboot -f\n")
            os.chmod(path, 0o755)
        self.initramfs = os.path.join(directory, "microvm.cpio")
        with open(self.initramfs, "wb") as file:
            names = subprocess.run(["find", ".", "-print0"], cwd=root, check=True, capture_output=True).stdout
            subprocess.run(["cpio", "--quiet", "--null", "-o", "-H", "newc"], cwd=root, check=True, input=names,
                           stdout=file)

    def command(self, script="init", devices=(), **values):
        # The kernel gives words with a "=" that it does not know to init as its environment.
        words = " ".join(f"{name}={value}" for name, value in values.items())
        return ["qemu-system-x86_64", "-M", "microvm,x-option-roms=off,rtc=off", "-accel", "kvm", "-cpu", "host",
                "-smp", "1", "-m", str(GUEST_MEMORY_MIB), "-nodefaults", "-no-user-config", "-display", "none",
                "-serial", "stdio", "-no-reboot", "-kernel", self.kernel, "-initrd", self.initramfs, *devices,
                "-append", f"console=ttyS0 quiet reboot=t panic=-1 rdinit=/{script} {words}"]

    @contextlib.contextmanager
    def idle(self, count):
        """So many machines that only sleep: a process for each."""
        machines = []
        try:
            for _ in range(count):
                machines.append(subprocess.Popen(self.command("idle"), stdin=subprocess.DEVNULL,
                                                 stdout=subprocess.PIPE))
                output = b""
                while timing.MARK not in output:
                    output += os.read(machines[-1].stdout.fileno(), 4096)
            yield [(machine.pid,) for machine in machines]
        finally:
            for machine in machines:
                machine.kill()
                machine.communicate()

    def measure_memory(self):
        with self.idle(2) as (_, (machine,)):
            own, guest = timing.private_kib(machine, is_guest)
            return {"vmm_private_kib": own, "guest_private_kib": guest}

    def disk(self, mib):
        """virtio-blk with a raw file on the same host file system, with QEMU's defaults (host's cache, its threads)."""
        with open(self.disk_file, "wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-J", "size=32",
                        "-E", "lazy_itable_init=1,lazy_journal_init=1", self.disk_file], check=True)
        devices = [*WITH_DEVICES, "-drive", f"id=data,file={self.disk_file},format=raw,if=none", "-device",
                   "virtio-blk-device,drive=data"]
        try:
            output = subprocess.run(self.command("disk", devices, MIB=mib), stdin=subprocess.DEVNULL, check=True,
                                    stdout=subprocess.PIPE).stdout
        finally:
            os.unlink(self.disk_file)
        metrics = read_metrics(output)
        if not metrics:
            raise RuntimeError(f"{self.name}: {output.decode(errors='replace')}")
        return metrics

    def stream(self, mib):
        """virtio-vsock with the host's vhost-vsock: the guest's kernel has no driver for virtio-console."""
        with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as listener:
            listener.bind((socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))
            listener.listen()
            command = self.command("stream", [*WITH_DEVICES, "-device", f"vhost-vsock-device,guest-cid={FIRST_CID}"], MIB=mib,
                                   PORT=listener.getsockname()[1])
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as machine:
                with accept_from(listener, machine) as connection:
                    rate = timing.stream_rate(lambda: connection.recv(1 << 18), mib << 20)
                machine.wait()
        return {"stream_mib_per_second": rate}
