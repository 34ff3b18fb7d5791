"""The devhost's kernel: a package of Debian's as it is, fetched and unpacked once, never installed."""

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

XZ_MAGIC = b"\xfd7zXZ\x00"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

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


def find_or_fetch(say, series):
    """The newest kernel of SERIES ("6.12"; None is the one of Debian's release) in the cache; fetched when there is none."""
    root = cache_root() / series if series else cache_root()
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
        fetch(root, meta_package(series), say)
    return newest(root)


def newest(root):
    found = sorted(root.glob("linux-image-*"), key=lambda folder: folder.stat().st_mtime)
    return Kernel(found[-1]) if found else None


def meta_package(series):
    return f"linux-image-{series}-amd64" if series else "linux-image-amd64"


def fetch(root, meta, say):
    package = resolve_package(meta)
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


def resolve_package(meta):
    """The package that the meta-package depends on today, linux-image-6.1.0-NN-amd64."""
    answer = run(["apt-cache", "depends", "--important", meta], "apt", fails_ok=True)
    match = re.search(r"Depends: (linux-image-\S+)", answer)
    if not match:
        raise DevhostError(f"apt knows no package {meta}: run apt-get update")
    return match.group(1)


def download(package, folder):
    run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package], "apt", cwd=folder)
    return next(folder.glob("*.deb"))


def unpack_vmlinux(image):
    """The ELF file inside a bzImage: booting it directly saves unpacking it under emulation."""
    if (start := image.find(XZ_MAGIC)) >= 0:
        vmlinux = lzma.LZMADecompressor().decompress(image[start:])
    elif (start := image.find(ZSTD_MAGIC)) >= 0:
        vmlinux = unpack_zstd(image[start:])
    else:
        raise DevhostError("the kernel package's image is compressed with neither xz nor zstd")
    if not vmlinux.startswith(b"\x7fELF"):
        raise DevhostError("the kernel package's image holds no ELF file")
    return vmlinux


def unpack_zstd(data):
    """What follows the compressed kernel in the image makes the program complain once it has unpacked that."""
    try:
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True).stdout
    except FileNotFoundError:
        raise DevhostError("zstd is missing: apt-get install zstd") from None


def keep_modules(tree, result):
    """Copies the useful modules, without the signatures that would be checked at every load."""
    source = next((tree / "lib" / "modules").iterdir())
    target = result / "lib" / "modules" / source.name
    kept = []
    for module in (*source.rglob("*.ko"), *source.rglob("*.ko.xz")):
        path = module.relative_to(source).with_name(module.name.removesuffix(".xz"))
        if KEPT.match(str(path.relative_to("kernel"))):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            content = module.read_bytes()
            (target / path).write_bytes(lzma.decompress(content) if module.suffix == ".xz" else content)
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
