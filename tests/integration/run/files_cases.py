"""Files into and out of containers, and what containers use."""

import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
import time

from engine_cases import call, expect_result
from lifecycle_cases import command
from support import expect


def tree_of(path):
    """Everything below a directory: kind, mode, content."""
    found = {}
    for folder, folders, names in os.walk(path):
        for name in folders + names:
            whole = os.path.join(folder, name)
            inner = os.path.relpath(whole, path)
            status = os.lstat(whole)
            if os.path.islink(whole):
                found[inner] = ("link", os.readlink(whole))
            elif os.path.isdir(whole):
                found[inner] = ("directory", status.st_mode)
            else:
                with open(whole, "rb") as file:
                    found[inner] = ("file", status.st_mode, int(status.st_mtime), file.read())
    return found


def make_tree(path):
    os.makedirs(os.path.join(path, "sub", "empty"))
    for name, text in (("file", "hello\n"), ("sub/tool", "#!/bin/sh\n"), ("sub/" + "long" * 40, "x")):
        with open(os.path.join(path, name), "w", encoding="utf-8") as file:
            file.write(text)
    with open(os.fsencode(os.path.join(path, "sub")) + b"/not-\xff-utf8", "wb") as file:
        file.write(b"odd")
    os.chmod(os.path.join(path, "sub/tool"), 0o751)
    os.utime(os.path.join(path, "file"), (1000, 1000))
    os.symlink("../file", os.path.join(path, "sub/link"))


def copying(bulkhead):
    """cp in docker's combinations, both ways, with tar streams, and its errors."""
    command(bulkhead, "run", "-d", "--name", "box", "busybox", "sleep", "10000")
    with tempfile.TemporaryDirectory(prefix="copy") as work:
        tree = os.path.join(work, "tree")
        make_tree(tree)
        wanted = tree_of(tree)
        # (source, destination in the container, where the tree is then)
        for number, (source, target, place) in enumerate(((tree, "/tmp", "/tmp/tree"), (tree, "/new", "/new"), (tree + "/.", "/dots/", "/dots"),
                                      (tree + "/", "/slash", "/slash"), (tree + "/.", "/new/.", "/new"))):
            expect_result(call(bulkhead, "cp", source, f"box:{target}"), err=b"Successfully copied")
            back = os.path.join(work, f"back{number}")
            expect_result(call(bulkhead, "cp", "-q", f"box:{place}", back), err=b"")
            expect(tree_of(back) == wanted, f"{source} to {target} came back as {sorted(tree_of(back))}")
        os.mkdir(os.path.join(work, "there"))
        expect_result(call(bulkhead, "cp", "box:/new", work + "/there"))
        expect_result(call(bulkhead, "cp", "box:/new/.", work + "/there"))
        expect(sorted(os.listdir(work + "/there")) == ["file", "new", "sub"], f"{os.listdir(work + '/there')}")
        files(bulkhead, work)
        streams(bulkhead)
        expect_result(call(bulkhead, "cp", "-L", "box:/new/sub/link", work + "/followed"))
        expect(os.path.isfile(work + "/followed") and not os.path.islink(work + "/followed"), "-L does not follow")
        expect_result(call(bulkhead, "cp", "box:/new/sub/link", work + "/as-link"))
        expect(os.path.islink(work + "/as-link"), "a link is not copied as one")
        failures(bulkhead, work)
    command(bulkhead, "rm", "-f", "box")


def files(bulkhead, work):
    """Single files, their names, owners and replacement."""
    path = os.path.join(work, "one")
    with open(path, "w", encoding="utf-8") as file:
        file.write("one")
    os.chown(path, 12, 34)
    for flags, target, place, owner in (((), "/tmp/", "/tmp/one", "0:0"), ((), "/renamed", "/renamed", "0:0"),
                                        (("-a",), "/renamed", "/renamed", "12:34")):
        expect_result(call(bulkhead, "cp", *flags, path, f"box:{target}"))
        expect_result(call(bulkhead, "exec", "box", "sh", "-c", f"cat {place}; stat -c ' %u:%g' {place}"),
                      out=f"one {owner}\n".encode())
    expect_result(call(bulkhead, "exec", "box", "sh", "-c", "ln -s /renamed /pointer; rm -rf /dir; mkdir /dir; ln -s /dir /todir"))
    with open(path, "w", encoding="utf-8") as file:
        file.write("two")
    expect_result(call(bulkhead, "cp", path, "box:/pointer"))
    expect_result(call(bulkhead, "cp", path, "box:/todir"))
    expect_result(call(bulkhead, "exec", "box", "cat", "/renamed", "/dir/one"), out=b"twotwo")


def streams(bulkhead):
    result = call(bulkhead, "cp", "box:/new/sub", "-")
    expect_result(result)
    with tarfile.open(fileobj=io.BytesIO(result.stdout)) as tar:
        names = tar.getnames()
    expect("sub" in names and "sub/tool" in names, f"members {names}")
    for compressed in ("w", "w:gz"):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode=compressed) as tar:
            member = tarfile.TarInfo("from/stdin")
            member.size = 5
            member.uid = 7
            tar.addfile(member, io.BytesIO(b"bytes"))
        expect_result(call(bulkhead, "cp", "-", "box:/tmp", data=archive.getvalue()))
        expect_result(call(bulkhead, "exec", "box", "sh", "-c", "cat /tmp/from/stdin; stat -c ' %u' /tmp/from/stdin; rm -r /tmp/from"),
                      out=b"bytes 7\n")


def failures(bulkhead, work):
    one = os.path.join(work, "one")
    for words, message in ((("box:/none", work), b"Could not find the file /none in container box"),
                           ((one, "box:/none/deep"), b"Could not find the file /none in container box"),
                           ((one, "box:/none/"), b"no such directory"), ((work + "/none", "box:/"), b"no such file or directory"),
                           ((work + "/tree", "box:/renamed"), b"cannot copy directory"),
                           (("box:/new", one), b"cannot copy directory"),
                           (("box:/new", work + "/a/b"), b"does not exist"),
                           ((one + "/", "box:/"), b"not a directory"),
                           (("box:/a", "box:/b"), b"copying between containers is not supported"),
                           ((one, one), b"must specify at least one container source"),
                           (("box:", one), b"source can not be empty"), ((one, "none:/"), b"No such container"),
                           (("box:/dev/null", work + "/device"), b"device")):
        result = call(bulkhead, "cp", *words)
        expect(result.returncode == 1 and message in result.stderr.lower().replace(b"no such container", b"No such container")
               .replace(b"could not find", b"Could not find"), f"{words}: {result.stderr!r}")


def large_copies(bulkhead):
    """Much data and many files, with checksums, both ways."""
    command(bulkhead, "run", "-d", "--name", "box", "busybox", "sleep", "10000")
    with tempfile.TemporaryDirectory(prefix="large") as work:
        path = os.path.join(work, "big")
        digest = hashlib.sha256()
        with open(path, "wb") as file:
            for _ in range(64):
                part = os.urandom(1 << 20)
                digest.update(part)
                file.write(part)
        expect_result(call(bulkhead, "cp", path, "box:/big"))
        expect(command(bulkhead, "exec", "box", "sha256sum", "/big").split()[0] == digest.hexdigest(), "it arrived as something else")
        os.unlink(path)
        expect_result(call(bulkhead, "cp", "box:/big", path))
        with open(path, "rb") as file:
            expect(hashlib.file_digest(file, "sha256").hexdigest() == digest.hexdigest(), "it came back as something else")
        os.unlink(path)
        many = os.path.join(work, "many")
        for i in range(3000):
            folder = os.path.join(many, str(i % 100))
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, str(i)), "w", encoding="utf-8") as file:
                file.write(str(i) * (i % 50))
        expect_result(call(bulkhead, "cp", many, "box:/many"))
        expect_result(call(bulkhead, "cp", "box:/many", many + "2"))
        expect(tree_of(many) == tree_of(many + "2"), "many files came back differently")
        # A client that goes in the middle leaves no work behind, and the container goes on.
        with subprocess.Popen(bulkhead.command("export", "box"), stdout=subprocess.PIPE) as process:
            process.stdout.read(100)
            process.kill()
        expect_result(call(bulkhead, "exec", "box", "true"))
    command(bulkhead, "rm", "-f", "box")


SWAP = "mkdir -p /tmp/a /tmp/real; while :; do rm -rf /tmp/a/d; ln -s /proc/1/root/../.. /tmp/a/d; rm /tmp/a/d; ln -s /etc /tmp/a/d;" \
       " rm /tmp/a/d; mkdir /tmp/a/d; echo x > /tmp/a/d/f; done"


def hostile_copies(bulkhead):
    """A container that swaps directories for links while they are copied reaches nothing but itself."""
    command(bulkhead, "run", "-d", "--name", "evil", "--cap-add", "ALL", "--security-opt", "seccomp=unconfined", "busybox",
            "sh", "-c", SWAP)
    with tempfile.TemporaryDirectory(prefix="evil") as work:
        with open(os.path.join(work, "payload"), "w", encoding="utf-8") as file:
            file.write("payload")
        os.mkdir(os.path.join(work, "out"))
        before = tree_of(work)
        for i in range(15):
            call(bulkhead, "cp", work + "/payload", "evil:/tmp/a/d/payload")
            target = os.path.join(work, "out", str(i))
            call(bulkhead, "cp", "evil:/tmp/a", target)
            for inner, entry in tree_of(target).items():
                # Links come as links; no file is here but the two that are known.
                expect(entry[0] != "file" or entry[3] in (b"x\n", b"", b"payload"), f"{inner}: {entry}")
            expect(not os.path.exists("/etc/payload"), "a copy into the container came out at the host")
        # What it planted as links is not followed when it is copied over.
        os.symlink("/etc", os.path.join(work, "out", "planted"))
        call(bulkhead, "cp", "evil:/tmp/a/.", os.path.join(work, "out"))
        expect({name for name in tree_of(work) if not name.startswith("out")} == {name for name in before if name != "out"},
               "something appeared beside the destination")
        # Nobody of the agent's is to be seen or traced.
        listing = command(bulkhead, "exec", "evil", "sh", "-c", "cat /proc/*/comm")
        expect("files" not in listing and "launcher" not in listing, f"processes: {listing}")
        # The archive's own way out: a link of the container's, and a path through it.
        expect_result(call(bulkhead, "exec", "evil", "sh", "-c", "mkdir /t; ln -s / /t/out; mkfifo /t/pipe"))
        expect_result(call(bulkhead, "cp", "evil:/t", os.path.join(work, "t")))
        expect(os.readlink(os.path.join(work, "t", "out")) == "/", "a link is not copied as it is")
    command(bulkhead, "rm", "-f", "evil")


def stopped_copies(bulkhead):
    """cp, diff, export and commit of a container that does not run, and its state stays as it was."""
    command(bulkhead, "create", "--name", "rest", "busybox", "cat", "/given")
    with tempfile.TemporaryDirectory(prefix="rest") as work:
        with open(os.path.join(work, "given"), "w", encoding="utf-8") as file:
            file.write("given before the start\n")
        expect_result(call(bulkhead, "cp", work + "/given", "rest:/"))
        expect("Created" in command(bulkhead, "ps", "-a"), "a copy started the container")
        expect_result(call(bulkhead, "start", "-a", "rest"), out=b"given before the start\n")
        finished = json.loads(command(bulkhead, "inspect", "rest"))[0]["State"]
        # Two at a time: one after the other.
        both = [subprocess.Popen(bulkhead.command("cp", "rest:/given", f"{work}/copy{i}")) for i in range(2)]
        for i, process in enumerate(both):
            expect(process.wait() == 0, f"copy {i} failed")
            expect(os.path.getsize(f"{work}/copy{i}") == 23, f"copy {i} is not whole")
        expect(command(bulkhead, "diff", "rest") == "A /given\n", "diff")
        expect(json.loads(command(bulkhead, "inspect", "rest"))[0]["State"] == finished, "the state changed")
        expect_result(call(bulkhead, "export", "-o", work + "/all.tar", "rest"))
        with tarfile.open(work + "/all.tar") as tar:
            expect(tar.extractfile("given").read() == b"given before the start\n", "export")
        expect_result(call(bulkhead, "top", "rest"), code=1, err=b"is not running")
        # It can be removed while it is worked on, with force.
        with subprocess.Popen(bulkhead.command("export", "rest"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            process.stdout.read(1)
            expect_result(call(bulkhead, "rm", "rest"), code=1)
            command(bulkhead, "rm", "-f", "rest")
            process.stdout.read()
    command(bulkhead, "create", "--rm", "--name", "gone", "busybox", "true")
    expect_result(call(bulkhead, "cp", "/etc/hostname", "gone:/"), code=1, err=b"--rm")
    expect_result(call(bulkhead, "cp", "gone:/etc/passwd", "-"))
    command(bulkhead, "rm", "gone")


CHANGE = ("echo new > /added; echo more >> /etc/passwd; rm /bin/ls; mkdir -p /deep/er; ln -s /added /deep/link;"
          " ln /added /hard; rm -r /var/spool; mkdir -p /var/spool; echo kept > /var/spool/kept; chmod 4755 /added; sync")


def commits(bulkhead):
    """diff, commit and run: what was changed, and only that, is in the new image."""
    command(bulkhead, "run", "-d", "--name", "work", "-e", "SET=1", "-w", "/usr", "-l", "from=container", "busybox", "sleep", "10000")
    before = set(command(bulkhead, "diff", "work").splitlines())
    expect(not before, f"a fresh container has changes: {before}")
    expect_result(call(bulkhead, "exec", "work", "sh", "-c", "mkdir -p /var/spool/gone && true"))
    expect_result(call(bulkhead, "exec", "work", "sh", "-c", CHANGE))
    changes = set(command(bulkhead, "diff", "work").splitlines())
    expected = {"A /added", "C /etc", "C /etc/passwd", "C /bin", "D /bin/ls", "A /deep", "A /deep/er", "A /deep/link", "A /hard"}
    expect(expected <= changes, f"diff lacks {expected - changes}: {changes}")
    expect(all(line in expected or "/var" in line for line in changes), f"diff: {changes}")
    image = command(bulkhead, "commit", "-a", "Ada", "-m", "changes", "-c", 'CMD ["cat", "/added"]', "-c", "ENV MORE=2",
                    "-c", "LABEL second=label", "work", "made:new").strip()
    expect(image.startswith("sha256:"), f"printed {image!r}")
    try:
        expect_result(call(bulkhead, "run", "--rm", "made:new"), out=b"new\n")
        script = ("echo $SET $MORE; pwd; [ -e /bin/ls ] || echo gone; tail -n 1 /etc/passwd; cat /hard; readlink /deep/link;"
                  " stat -c '%a %h' /added; cat /var/spool/kept; [ -e /var/spool/gone ] || echo empty")
        expect_result(call(bulkhead, "run", "--rm", "made:new", "sh", "-c", script),
                      out=b"1 2\n/usr\ngone\nmore\nnew\n/added\n4755 2\nkept\nempty\n")
        # A layer over a layer.
        command(bulkhead, "run", "--name", "second", "made:new", "sh", "-c", "rm /hard; echo second > /second")
        command(bulkhead, "commit", "second", "made:newer")
        expect_result(call(bulkhead, "run", "--rm", "made:newer", "sh", "-c", "cat /second /added; [ -e /hard ] || echo none"),
                      out=b"second\nnew\nnone\n")
        command(bulkhead, "rm", "second")
        expect_result(call(bulkhead, "commit", "-c", "FROM x", "work"), code=1, err=b"FROM")
        expect_result(call(bulkhead, "exec", "work", "true"))
    finally:
        command(bulkhead, "rm", "-f", "work")
        for name in ("made:newer", "made:new"):
            call(bulkhead, "rmi", name)


def exports(bulkhead):
    """What a fresh container exports is its image."""
    image = os.path.join(os.path.dirname(bulkhead.root), "..", "images", "busybox")
    command(bulkhead, "create", "--name", "plain", "busybox", "true")
    result = call(bulkhead, "export", "plain")
    expect_result(result)
    with tarfile.open(fileobj=io.BytesIO(result.stdout)) as tar:
        members = {member.name: member for member in tar.getmembers()}
    with open(os.path.join(image, "index.json"), encoding="utf-8") as file:
        manifest = json.load(file)["manifests"][0]["digest"]
    blob = lambda digest: os.path.join(image, "blobs", *digest.split(":"))
    with open(blob(manifest), encoding="utf-8") as file:
        layers = json.load(file)["layers"]
    for layer in layers:
        with tarfile.open(blob(layer["digest"])) as tar:
            for member in tar.getmembers():
                name = member.name.rstrip("/").removeprefix("./")
                if name in ("", "."):
                    continue
                found = members[name]
                expect((found.mode, found.uid, found.gid) == (member.mode, member.uid, member.gid), f"{name}: {found.mode:o}")
                expect(found.type == member.type or found.islnk() or member.islnk(), f"{name}: {found.type}")
    command(bulkhead, "rm", "plain")


def usage(bulkhead):
    """top and stats tell what runs and what it takes."""
    command(bulkhead, "run", "-d", "--name", "busy", "-m", "64m", "busybox", "sh", "-c",
            "sleep 12345 & head -c 20m /dev/zero > /tmp/f; while :; do :; done")
    lines = command(bulkhead, "top", "busy").splitlines()
    expect(lines[0].split() == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"], f"heading {lines[0]}")
    expect(any(line.split()[:3] == ["root", "1", "0"] for line in lines), f"{lines}")
    expect(any("sleep 12345" in line for line in lines), f"{lines}")
    rows = [line.split() for line in command(bulkhead, "top", "busy", "-o", "pid,comm").splitlines()]
    expect(rows[0] == ["PID", "COMMAND"] and ["1", "sh"] in rows, f"{rows}")
    expect_result(call(bulkhead, "top", "busy", "--sort=x"), code=1, err=b"not supported")
    deadline = time.time() + 300
    while True:
        line = json.loads(command(bulkhead, "stats", "--no-stream", "--format", "json", "busy"))
        if float(line["CPUPerc"].rstrip("%")) > 30 or time.time() > deadline:
            break
    expect(float(line["CPUPerc"].rstrip("%")) > 30, f"{line}")
    expect(line["MemUsage"].endswith(" / 64MiB") and int(line["PIDs"]) >= 2, f"{line}")
    expect(line["Name"] == "busy" and "MiB" in line["Overhead"] and "MiB" in line["VMMem"], f"{line}")
    command(bulkhead, "create", "--name", "still", "busybox", "true")
    text = command(bulkhead, "stats", "--no-stream")
    expect("busy" in text and "still" not in text, text)
    text = command(bulkhead, "stats", "--no-stream", "-a", "--no-trunc")
    expect("still" in text and len(text.splitlines()[1].split()[0]) == 64, text)
    with subprocess.Popen(bulkhead.command("stats", "busy"), stdout=subprocess.PIPE) as process:
        headings = 0
        while headings < 3:
            headings += process.stdout.readline().startswith(b"CONTAINER ID")
        process.terminate()
    command(bulkhead, "rm", "-f", "busy", "still")
