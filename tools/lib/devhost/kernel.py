"""The devhost's kernel: Debian's stock package, fetched and unpacked once, never installed."""

import contextlib
import fcntl
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from . import DevhostError

META_PACKAGE = "linux-image-amd64"
XZ_MAGIC = b"\xfd7zXZ\x00"

# What of the package's modules is kept. The rest drives hardware that the devhost does not have.
KEPT = re.compile(
    r"(arch|block|crypto|fs|lib|mm|net|virt"
    r"|drivers/(block|char|crypto/ccp|dax|md|net/[^/]+\.ko|nvdimm|ptp|scsi/(scsi_mod|sd_mod|virtio_scsi)"
    r"|vhost|virtio|vfio))(/|$)"
)


def cache_root():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(base) / "bulkhead" / "devhost"


class Kernel:
    """An unpacked kernel package: `vmlinux` and `modules` (the folder named by the release)."""

    def __init__(self, folder):
        self.folder = folder
        self.vmlinux = folder / "vmlinux"
        self.modules = next((folder / "lib" / "modules").iterdir())
        self.release = self.modules.name


def find_or_fetch(say):
    """The newest kernel in the cache; fetched when there is none."""
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    kernel = newest(root)
    if kernel:
        return kernel
    with open(root / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kernel = newest(root)
        if kernel:
            return kernel
        for leftover in root.glob(".new.*"):
            shutil.rmtree(leftover)
        fetch(root, say)
    return newest(root)


def newest(root):
    found = sorted(root.glob("linux-image-*"), key=lambda folder: folder.stat().st_mtime)
    return Kernel(found[-1]) if found else None


def fetch(root, say):
    package = resolve_package()
    say(f"fetching {package} (once)")
    with contextlib.ExitStack() as stack:
        new = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".new.", dir=root)))
        archive = download(package, new)
        version = archive.name.split("_")[1]
        tree, result = new / "tree", new / "result"
        run(["dpkg-deb", "-x", archive, tree], "dpkg")
        result.mkdir()
        (result / "vmlinux").write_bytes(unpack_vmlinux(next((tree / "boot").glob("vmlinuz-*")).read_bytes()))
        keep_modules(tree, result)
        result.rename(root / f"{package}_{version}")


def resolve_package():
    """The package that the meta-package depends on today, linux-image-6.1.0-NN-amd64."""
    answer = run(["apt-cache", "depends", "--important", META_PACKAGE], "apt", fails_ok=True)
    match = re.search(r"Depends: (linux-image-\S+)", answer)
    if not match:
        raise DevhostError(f"apt knows no package {META_PACKAGE}: run apt-get update")
    return match.group(1)


def download(package, folder):
    run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package], "apt", cwd=folder)
    return next(folder.glob("*.deb"))


def unpack_vmlinux(image):
    """The ELF file inside a bzImage: booting it directly saves unpacking it under emulation."""
    start = image.find(XZ_MAGIC)
    if start < 0:
        raise DevhostError("the kernel package's image is not compressed with xz")
    vmlinux = lzma.LZMADecompressor().decompress(image[start:])
    if not vmlinux.startswith(b"\x7fELF"):
        raise DevhostError("the kernel package's image holds no ELF file")
    return vmlinux


def keep_modules(tree, result):
    """Copies the useful modules, without the signatures that would be checked at every load."""
    source = next((tree / "lib" / "modules").iterdir())
    target = result / "lib" / "modules" / source.name
    kept = []
    for module in source.rglob("*.ko"):
        path = module.relative_to(source)
        if KEPT.match(str(path.relative_to("kernel"))):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(module, target / path)
            kept.append(target / path)
    for index in source.glob("modules.*"):
        shutil.copyfile(index, target / index.name)
    run(["strip", "--strip-debug", *kept], "binutils")
    run(["depmod", "-b", result, source.name], "kmod")


def run(command, package, cwd=None, fails_ok=False):
    """Runs a program that PACKAGE provides and returns what it printed."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    except FileNotFoundError:
        raise DevhostError(f"{command[0]} is missing: apt-get install {package}") from None
    if done.returncode and not fails_ok:
        raise DevhostError(f"{' '.join(map(str, command[:4]))} failed: {done.stderr.strip()}")
    return done.stdout
