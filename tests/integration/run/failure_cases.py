"""Starts that cannot work: one clear message each, and nothing left behind."""

import os
import shutil
import subprocess
import tempfile

from support import expect

# Makes a /dev of its own, without /dev/kvm but for what comes after.
OWN_DEV = ("mount -t tmpfs own /mnt && for d in null zero full random urandom tty; do cp -a /dev/$d /mnt/; done"
           " && {prepare} mount --move /mnt /dev && exec \"$@\"")


def run_with_own_dev(prepare, command):
    return subprocess.run(["unshare", "-m", "sh", "-c", OWN_DEV.format(prepare=prepare), "sh", *command],
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)


def expect_failure(result, *messages, code=125):
    expect(result.returncode == code, f"exit code {result.returncode}: {result.stderr!r}")
    for message in messages:
        expect(message in result.stderr, f"no {message!r} in {result.stderr!r}")


def missing_kvm(bulkhead):
    """No /dev/kvm, one that is no KVM, and one that we may not use: what to do is said."""
    command = bulkhead.command("run", "--rm", "busybox", "true")
    expect_failure(run_with_own_dev("", command), b"/dev/kvm", b"Turn on virtualization")
    expect_failure(run_with_own_dev("cp -a /dev/null /mnt/kvm &&", command), b"/dev/kvm is not a KVM device")
    with tempfile.TemporaryDirectory(prefix="as-nobody.") as folder:
        shutil.copytree(os.path.join(bulkhead.root, "images"), os.path.join(folder, "root", "images"))
        subprocess.run(["chown", "-R", "65534:65534", folder], check=True)
        program = [bulkhead.program, "--root", os.path.join(folder, "root"), "--state", os.path.join(folder, "run"),
                   "run", "--rm", "busybox", "true"]
        result = run_with_own_dev("cp -a /dev/kvm /mnt/kvm && chmod 660 /mnt/kvm &&",
                                  ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *program])
        expect_failure(result, b"you may not use KVM", b"usermod -aG")


class OtherFiles:
    """The programs, with other files beside them."""

    def __init__(self, bulkhead):
        self.folder = tempfile.TemporaryDirectory(prefix="other-files.")
        self.share = os.path.join(self.folder.name, "share", "bulkhead")
        build = os.path.dirname(os.path.dirname(bulkhead.program))
        shutil.copytree(os.path.join(build, "share", "bulkhead"), self.share)
        os.mkdir(os.path.join(self.folder.name, "bin"))
        for name in ("bulkhead", "bulkhead-vmm"):
            shutil.copy(os.path.join(build, "bin", name), os.path.join(self.folder.name, "bin", name))
        self.program = [os.path.join(self.folder.name, "bin", "bulkhead"), *bulkhead.command()[1:]]

    def run(self, *arguments):
        return subprocess.run([*self.program, "run", "--rm", *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)

    def write(self, name, content):
        with open(os.path.join(self.share, name), "wb") as file:
            file.write(content)


def failed_starts(bulkhead):
    """Kernel, agent, image, name: each wrong in its way."""
    tools = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "tools")
    other = OtherFiles(bulkhead)
    with other.folder:
        initramfs = os.path.join(other.share, "initramfs.cpio")
        # busybox as PID 1 is an init of its own, which never calls.
        subprocess.run([os.path.join(tools, "make_initramfs"), shutil.which("busybox"), initramfs], check=True)
        expect_failure(other.run("--start-timeout", "20", "busybox", "true"), b"booting the guest",
                       b"the guest's agent did not call within 20 s")
        other.write("initramfs.cpio", b"")
        expect_failure(other.run("busybox", "true"), b"launching the virtual machine", b"initial RAM disk is empty")
        other.write("initramfs.cpio", b"no archive".ljust(4096))
        expect_failure(other.run("busybox", "true"), b"booting the guest", b"panic", b"console, last lines")
        os.unlink(initramfs)
        expect_failure(other.run("busybox", "true"), b"the guest's agent", b"No such file or directory")
        other.write("vmlinux", b"\x7fELF and nothing more")
        shutil.copy(os.path.join(os.path.dirname(os.path.dirname(bulkhead.program)), "share", "bulkhead",
                                 "initramfs.cpio"), initramfs)
        expect_failure(other.run("busybox", "true"), b"launching the virtual machine")
        os.unlink(os.path.join(os.path.dirname(os.path.dirname(other.share)), "bin", "bulkhead-vmm"))
        expect_failure(other.run("--kernel", "/dev/null", "busybox", "true"), b"bulkhead-vmm: No such file")
    result = bulkhead.run("--rm", "--kernel-args", "rdinit=/nowhere", "busybox", "true", check_code=125)
    expect(b"panic" in result.stderr, f"stderr: {result.stderr!r}")
    bulkhead.run("--rm", "--memory", "1m", "busybox", "true", check_code=125)
    bulkhead.run("--rm", "--name", "no/slash", "busybox", "true", check_code=125)
    damaged_image(bulkhead)


def damaged_image(bulkhead):
    """An image whose file system is gone is said to be damaged, or the guest cannot mount it."""
    with tempfile.TemporaryDirectory(prefix="damaged.") as folder:
        root = os.path.join(folder, "root")
        shutil.copytree(os.path.join(bulkhead.root, "images"), os.path.join(root, "images"))
        command = [bulkhead.program, "--root", root, "--state", os.path.join(folder, "run"), "run", "--rm", "busybox", "true"]
        erofs = [os.path.join(path, name) for path, _, names in os.walk(root) for name in names if name.endswith(".erofs")]
        expect(erofs, "no EROFS files in the store")
        for path in erofs:
            size = os.path.getsize(path)
            os.chmod(path, 0o600)
            with open(path, "wb") as file:
                file.truncate(size)
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        expect_failure(result)
        expect(result.stderr != b"", "no message about a damaged image")
        for path in erofs:
            os.unlink(path)
        expect_failure(subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False), b"is damaged",
                       b"No such file")


def disk_full(bulkhead):
    """A host without room for the container's record or its disk."""
    with tempfile.TemporaryDirectory(prefix="full.") as folder:
        script = ("size=$(($(du -sm $2/images | cut -f1) + 16)) && mount -t tmpfs -o size=${size}m full $1"
                  " && mkdir $1/root && cp -a $2/images $1/root/ && { cat /dev/zero > $1/fill 2>/dev/null; true; }"
                  " && shift 2 && \"$@\"; code=$?; find $0 -type f ! -path '*/images/*' >&2; exit $code")
        root = os.path.join(folder, "root")
        result = subprocess.run(["unshare", "-m", "sh", "-c", script, folder, folder, bulkhead.root, bulkhead.program,
                                 "--root", root, "--state", os.path.join(folder, "run"), "run", "--rm", "busybox", "true"],
                                stdin=subprocess.DEVNULL, capture_output=True, check=False)
        expect_failure(result, b"No space left on device")
        left = [line for line in result.stderr.decode().splitlines() if line.startswith(folder) and not line.endswith("/fill")]
        expect(left == [], f"left behind: {left}")
