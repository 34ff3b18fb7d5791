"""`run --config`: OCI runtime bundles."""

import json
import os
import shutil
import subprocess
import tempfile

from engine_cases import call, expect_result
from lifecycle_cases import command
from support import expect


def edit(bundle, change):
    path = os.path.join(bundle, "config.json")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    change(config)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)


def crun_bundle(folder):
    """`crun spec`'s own example, over a root with busybox."""
    bundle = os.path.join(folder, "crun")
    os.makedirs(os.path.join(bundle, "rootfs", "bin"))
    busybox = os.path.join(bundle, "rootfs", "bin", "busybox")
    shutil.copy(shutil.which("busybox"), busybox)
    for applet in ("sh", "cat", "id", "touch", "stat", "ls", "readlink", "chmod", "grep"):
        os.link(busybox, os.path.join(bundle, "rootfs", "bin", applet))
    subprocess.run(["crun", "spec"], cwd=bundle, check=True)
    return bundle


def set_script(bundle, script, terminal=False):
    def change(config):
        config["process"]["terminal"] = terminal
        config["process"]["args"] = ["sh", "-c", script]
    edit(bundle, change)


def bundles(bulkhead):
    """One from `crun spec`, one from `umoci unpack`: run, create and start, what is refused."""
    with tempfile.TemporaryDirectory(prefix="bundles.") as folder:
        bundle = crun_bundle(folder)
        secret = os.path.join(folder, "secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write("of the host")
        root = os.path.join(bundle, "rootfs")
        os.symlink(secret, os.path.join(root, "link"))
        with open(os.path.join(root, "file"), "w", encoding="utf-8") as file:
            file.write("mine\n")
        os.chown(os.path.join(root, "file"), 12, 34)
        os.chmod(os.path.join(root, "file"), 0o2644)
        set_script(bundle, "cat /file; stat -c '%u %g %a' /file; cat /link 2>/dev/null || echo no host; readlink /link;"
                           " touch /x 2>/dev/null || echo read-only; cat /proc/sys/kernel/hostname; exit 4")
        config = os.path.join(bundle, "config.json")
        result = call(bulkhead, "run", "--rm", "--config", config)
        expect_result(result, code=4, out=f"mine\n12 34 2644\nno host\n{secret}\nread-only\ncrun\n".encode())
        expect_result(call(bulkhead, "run", "--rm", "--config", bundle, "-e", "A=1"), code=125, err=b"--env")
        expect_result(call(bulkhead, "run", "--rm", "--config", bundle, "busybox"), code=125, err=b"--config names what")
        edit(bundle, lambda value: value["root"].update(readonly=False))
        set_script(bundle, "cat /kept 2>/dev/null; echo once more >> /kept; cat")
        command(bulkhead, "create", "--name", "unpacked", "-i", "--config", config)
        expect_result(call(bulkhead, "start", "-ai", "unpacked", data=b"one\n"), out=b"one\n")
        shutil.rmtree(os.path.join(bundle, "rootfs"))  # its disk was made at the first start
        expect_result(call(bulkhead, "start", "-ai", "unpacked", data=b"two\n"), out=b"once more\ntwo\n")
        expect_result(call(bulkhead, "exec", "unpacked", "true"), code=1, err=b"is not running")
        command(bulkhead, "rm", "unpacked")
        expect_result(call(bulkhead, "run", "--rm", "--config", config), code=125, err=b"root.path")
        edit(bundle, lambda value: value["process"].update(cwd=5))
        expect_result(call(bulkhead, "run", "--rm", "--config", config), code=125, err=b"process.cwd: not a string")
        unpacked_image(bulkhead, folder)


def unpacked_image(bulkhead, folder):
    images = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(bulkhead.program))), "images", "busybox")
    with open(os.path.join(images, "index.json"), encoding="utf-8") as file:
        manifest = json.load(file)["manifests"][0]
    tag = manifest.get("annotations", {}).get("org.opencontainers.image.ref.name", "latest")
    layout = os.path.join(folder, "layout")
    shutil.copytree(images, layout)
    bundle = os.path.join(folder, "umoci")
    subprocess.run(["umoci", "unpack", "--image", f"{layout}:{tag}", bundle], check=True, capture_output=True)

    def change(config):
        # umoci's bundles bind the host's resolv.conf, which is not the machine's.
        config["mounts"] = [each for each in config["mounts"] if "bind" not in each.get("options", [])
                            and "rbind" not in each.get("options", [])]
        config["process"].update(terminal=False, args=["sh", "-c", "busybox id -u; ls /bin/sh; echo x > /new && echo writable"])
        config["hooks"] = {"createContainer": [{"path": "/bin/sh", "args": ["sh", "-c", "echo hook > /hooked"]}]}
    edit(bundle, change)
    expect_result(call(bulkhead, "run", "--rm", "--config", bundle), out=b"0\n/bin/sh\nwritable\n")
