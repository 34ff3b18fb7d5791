"""bulkhead with a root of its own, and small images for it."""

import gzip
import hashlib
import io
import json
import os
import platform
import subprocess
import tarfile
import tempfile

from support import expect

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


class Program:
    """Each call is `bulkhead --root FOLDER/root ...`."""

    def __init__(self, path, folder):
        self.path = path
        self.folder = folder
        self.root = os.path.join(folder, "root")

    def command(self, *words):
        return [self.path, "--root", self.root, *words]

    def call(self, *words, data=b""):
        return subprocess.run(self.command(*words), input=data, capture_output=True, check=False)

    def out(self, *words, code=0, data=b""):
        result = self.call(*words, data=data)
        expect(result.returncode == code, f"{words}: exit code {result.returncode}, expected {code}: {result.stderr!r}")
        return result.stdout.decode()

    def error(self, *words, code=1, data=b""):
        result = self.call(*words, data=data)
        expect(result.returncode == code, f"{words}: exit code {result.returncode}, expected {code}")
        return result.stderr.decode()

    def file(self, name):
        return os.path.join(self.folder, name)

    def image(self, name, files=("hello",), labels=None, created="2024-05-01T10:00:00Z"):
        """An image with one layer for each file. Gives its id."""
        path = tempfile.mkdtemp(prefix="layout.", dir=self.folder)
        config = make_layout(path, files, labels or {}, created)
        self.out("load", "--name", name, path)
        return config


def layer_of(name):
    """A tar stream with what is hard to make again: a long name, a hard link, pax headers, odd padding."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        entry = tarfile.TarInfo(name)
        content = name.encode() * 1000
        entry.size = len(content)
        entry.mtime = 1700000000.123
        tar.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo(name + "-" + "long" * 60)
        link.type = tarfile.LNKTYPE
        link.linkname = name
        tar.addfile(link)
    return stream.getvalue() + b"\0" * 1024


def make_layout(path, files, labels, created):
    blobs = os.path.join(path, "blobs", "sha256")
    os.makedirs(blobs)

    def blob(content, media_type):
        digest = hashlib.sha256(content).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as file:
            file.write(content)
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": "sha256:" + digest, "size": len(content)}

    streams = [layer_of(name) for name in files]
    layers = [blob(gzip.compress(stream, mtime=0), "layer.v1.tar+gzip") for stream in streams]
    config = blob(json.dumps({
        "created": created, "author": "somebody", "architecture": ARCHITECTURE, "os": "linux",
        "config": {"Cmd": ["/hello"], "Env": ["A=1"], "Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(stream).hexdigest() for stream in streams]},
        "history": [{"created": created, "created_by": f"COPY {name} /", "comment": "made here"} for name in files]
                   + [{"created": created, "created_by": "CMD hello", "empty_layer": True}],
    }).encode(), "config.v1+json")
    manifest = blob(json.dumps({"schemaVersion": 2, "config": config, "layers": layers}).encode(), "manifest.v1+json")
    with open(os.path.join(path, "oci-layout"), "w", encoding="utf-8") as file:
        json.dump({"imageLayoutVersion": "1.0.0"}, file)
    with open(os.path.join(path, "index.json"), "w", encoding="utf-8") as file:
        json.dump({"schemaVersion": 2, "manifests": [manifest]}, file)
    return config["digest"]
