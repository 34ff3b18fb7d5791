"""The devhost's initramfs: busybox, the modules needed to boot, and guest/init."""

import hashlib
import os
import pathlib
import shutil

from . import DevhostError

GUEST = pathlib.Path(__file__).parent / "guest"

# Loaded before anything else, then beside the mounts. Dependencies come by themselves.
BOOT_MODULES = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay"]
KVM_MODULES = ["kvm-amd"]


def find_or_build(kernel):
    """The path of the initramfs for KERNEL, built when anything in it has changed."""
    busybox = shutil.which("busybox") or "/bin/busybox"
    if not os.path.exists(busybox):
        raise DevhostError("busybox is missing: apt-get install busybox-static")
    files = {
        "bin/busybox": (0o755, pathlib.Path(busybox).read_bytes()),
        "init": (0o755, (GUEST / "init").read_bytes()),
        "main": (0o755, (GUEST / "main").read_bytes()),
    }
    add_modules(files, kernel)
    content = archive(files)
    path = kernel.folder / f"initramfs-{hashlib.sha256(content).hexdigest()[:16]}.cpio"
    if not path.exists():
        for stale in kernel.folder.glob("initramfs-*.cpio"):
            stale.unlink(missing_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        new.write_bytes(content)
        new.rename(path)
    return path


def add_modules(files, kernel):
    depends = read_dependencies(kernel)
    built_in = {pathlib.Path(line).stem for line in (kernel.modules / "modules.builtin").read_text().splitlines()}
    loaded = []
    for stage, wanted in (("boot", BOOT_MODULES), ("kvm", KVM_MODULES)):
        order = []
        for name in wanted:
            if name in built_in:
                continue
            for path in load_order(depends, name):
                if path not in loaded:
                    loaded.append(path)
                    order.append(path)
        for path in order:
            files[f"modules/{pathlib.Path(path).name}"] = (0o644, (kernel.modules / path).read_bytes())
        names = "".join(f"{pathlib.Path(path).name}\n" for path in order)
        files[f"modules/{stage}"] = (0o644, names.encode())


def read_dependencies(kernel):
    """modules.dep: a module's path, and the paths that it needs in the reverse of load order."""
    depends = {}
    for line in (kernel.modules / "modules.dep").read_text().splitlines():
        path, _, needs = line.partition(":")
        depends[pathlib.Path(path).stem] = [path, *needs.split()]
    return depends


def load_order(depends, name):
    if name not in depends:
        raise DevhostError(f"the kernel package has no module {name}")
    return reversed(depends[name])


def archive(files):
    """A cpio archive (newc) of FILES, a map from path to (mode, content). Always the same bytes."""
    entries = {}
    for path, (mode, content) in files.items():
        for parent in list(pathlib.PurePath(path).parents)[-2::-1]:
            entries.setdefault(str(parent), (0o040755, b""))
        entries[path] = (0o100000 | mode, content)
    parts = [entry(number, path, *entries[path]) for number, path in enumerate(sorted(entries), 1)]
    return b"".join(parts) + entry(0, "TRAILER!!!", 0, b"")


def entry(number, path, mode, content):
    name = path.encode() + b"\0"
    fields = [number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return pad(header) + pad(content)


def pad(data):
    return data + b"\0" * (-len(data) % 4)
