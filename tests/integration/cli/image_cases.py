"""Images: out of the store and back, and away."""

import datetime
import json
import os
import re
import subprocess
import tarfile

from support import expect


def round_trip(program):
    """save, rmi, load: the same id; from files, pipes, several images in one archive."""
    first = program.image("first", files=("base", "one"))
    second = program.image("second", files=("base", "two"))
    program.out("tag", "first", "example.com/team/first:1.0")
    archive = program.file("both.tar")
    program.out("save", "-o", archive, "first", "example.com/team/first:1.0", "second")
    piped = program.call("save", "first", "example.com/team/first:1.0", "second")
    with open(archive, "rb") as file:
        content = file.read()
    expect(piped.stdout == content, "a pipe gets something else than a file")
    names = tarfile.open(archive).getnames()
    expect(len(names) == len(set(names)), f"a member is there twice: {names}")
    program.out("rmi", "first", "example.com/team/first:1.0", "second")
    expect(program.out("images", "-q") == "", "rmi left an image")
    expect(os.listdir(os.path.join(program.root, "images", "layers", "sha256")) == [], "rmi left layers")
    loaded = program.out("load", "-q", data=content)
    expect("Loaded image: example.com/team/first:1.0\n" in loaded, loaded)
    for name, image in (("first", first), ("example.com/team/first:1.0", first), ("second", second)):
        expect(program.out("image", "inspect", "-f", "{{.Id}}", name) == image + "\n", f"{name} has another id")
    expect(program.call("save", "second", "first", "example.com/team/first:1.0").returncode == 0, "not saved again")
    expect("no such image: nowhere:1" in program.error("save", "-o", program.file("x"), "nowhere:1"), "a missing image")
    expect(not os.path.exists(program.file("x")), "a failed save left a file")
    expect("No such image: nowhere" in program.error("tag", "nowhere", "a"), "tag of a missing image")
    expect("invalid image name" in program.error("tag", "first", "a/UPPER"), "a bad name")


def other_tools(program):
    """skopeo reads both formats that an archive has, and umoci the layout; docker's layout is as docker's."""
    image = program.image("app", files=("base", "more"), labels={"tier": "front"})
    archive = program.file("app.tar")
    program.out("save", "-o", archive, "app")
    for source in (f"oci-archive:{archive}", f"oci-archive:{archive}:latest", f"docker-archive:{archive}:app:latest"):
        target = program.file("copy")
        subprocess.run(["rm", "-rf", target], check=True)
        subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", source, f"dir:{target}"], check=True)
        with open(os.path.join(target, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        expect(manifest["config"]["digest"] == image, f"{source}: another image: {manifest}")
        expect(len(manifest["layers"]) == 2, f"{source}: {manifest}")
    layout = program.file("unpacked")
    with tarfile.open(archive) as tar:
        tar.extractall(layout)
    subprocess.run(["umoci", "unpack", "--rootless", "--image", f"{layout}:latest", program.file("bundle")], check=True,
                   capture_output=True)
    with open(os.path.join(program.file("bundle"), "rootfs", "more"), encoding="utf-8") as file:
        expect(file.read() == "more" * 1000, "umoci unpacked something else")
    with open(os.path.join(layout, "manifest.json"), encoding="utf-8") as file:
        docker = json.load(file)
    expect(docker[0]["RepoTags"] == ["app:latest"] and docker[0]["Config"] == "blobs/" + image.replace(":", "/"), f"{docker}")
    program.out("rmi", "app")
    subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", f"oci-archive:{archive}",
                    f"docker-archive:{program.file('back.tar')}:back:1"], check=True)
    program.out("load", "-i", program.file("back.tar"))
    expect(program.out("image", "inspect", "-f", "{{.Id}}", "back:1") == image + "\n", "through skopeo it became another")


def removing(program):
    """An image that containers need stays, unless it has another name or is forced."""
    program.image("app")
    program.out("tag", "app", "app:two")
    program.out("create", "--name", "user", "app")
    expect(program.out("rmi", "app") == "Untagged: app:latest\n", "a name of several may go")
    message = program.error("rmi", "app:two")
    expect("conflict" in message and "must be forced" in message and "user" in message, message)
    expect("Deleted: sha256:" in program.out("rmi", "-f", "app:two"), "not forced")
    expect("No such image: app" in program.error("rmi", "app"), "removed twice")
    expect("No such image: app" in program.error("rmi", "-f", "app", code=0), "docker's -f succeeds when there is nothing")
    first = program.image("one", files=("one",))
    program.image("two", files=("other",))
    expect(program.error("rmi", "nowhere", "one", "two").count("No such image") == 1, "the others are removed nevertheless")
    expect(first not in program.out("images", "-q", "--no-trunc"), "rmi of several")


def pruning(program):
    """Prunes ask, filter, and say what went."""
    program.image("kept", files=("base",), labels={"keep": "yes"})
    program.image("unused", files=("base", "unused"))
    gone = program.image("gone", files=("gone",))
    dangling = program.image("moved", files=("before",))
    program.image("moved", files=("after",))  # the name goes to another image
    program.out("create", "--name", "labelled", "-l", "tier=front", "kept")
    other = program.out("create", "--name", "other", "kept").strip()
    message = program.call("container", "prune", data=b"n\n")
    expect(message.returncode == 1 and b"[y/N]" in message.stdout and b"cancelled" in message.stderr, f"{message}")
    expect(program.out("container", "prune", "-f", "--filter", "until=1h") == "Total reclaimed space: 0B\n", "until")
    text = program.out("container", "prune", "--filter", "label!=tier", data=b"y\n")
    expect(f"Deleted Containers:\n{other}\n" in text and "Total reclaimed space:" in text, text)
    expect(program.out("ps", "-a", "--format", "{{.Names}}") == "labelled\n", "another container went")
    text = program.out("image", "prune", "-f")
    expect(text.count("Deleted: ") == 1 and dangling in text, f"only an image without a name is dangling: {text}")
    text = program.out("image", "prune", "-af", "--filter", "label!=keep")
    expect(f"Deleted: {gone}" in text and "Untagged: unused:latest" in text, text)
    reclaimed = re.search(r"Total reclaimed space: (\d+)", text)
    expect(reclaimed and int(reclaimed[1]) > 0, text)
    expect(program.out("images", "--format", "{{.Repository}}") == "kept\n", "the image of a container went")
    expect("does not have volumes" in program.error("system", "prune", "-f", "--volumes"), "--volumes")
    text = program.out("system", "prune", "-af")
    expect("Deleted Containers:" in text and "Deleted Images:" in text, text)
    expect(program.out("ps", "-aq") + program.out("images", "-q") == "", "system prune left something")
    expect(os.listdir(os.path.join(program.root, "images", "layers", "sha256")) == [], "layers are left")


def pruning_beside_runs(program):
    """A prune never takes a container away from a `run` that is about to start it."""
    program.image("app")
    runs = []
    for number in range(40):
        # Without a kernel no start succeeds; what is said of it comes from the container's own supervisor.
        command = program.command("run", "-d", "--name", f"run{number}", "--kernel", "/nowhere/vmlinux", "app")
        runs.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        if number % 4 == 3:
            program.out("container", "prune", "-f")
    while any(run.poll() is None for run in runs):
        program.out("container", "prune", "-f")
    for run in runs:
        message = run.communicate()[1].decode()
        expect("/nowhere/vmlinux" in message, f"a run lost its container: {message}")
    expect(program.out("ps", "-aq") == "", "something is left")


def disk_use(program):
    """system df and info count what is there."""
    program.image("used", files=("base", "one"))
    program.image("unused", files=("base", "two"))
    program.out("create", "--name", "user", "used")
    rows = [json.loads(line) for line in program.out("system", "df", "--format", "json").splitlines()]
    expect([(row["Type"], row["TotalCount"], row["Active"]) for row in rows] ==
           [("Images", "2", "1"), ("Containers", "1", "0"), ("Templates", "0", "0"), ("Checkpoints", "0", "0")], f"{rows}")
    expect(rows[0]["Reclaimable"].endswith("%)") and not rows[0]["Reclaimable"].startswith("0B"), f"{rows}")
    verbose = program.out("system", "df", "-v")
    expect("SHARED SIZE" in verbose and "used" in verbose and "Containers space usage" in verbose, verbose)
    info = json.loads(program.out("info", "--format", "json"))
    expect((info["Containers"], info["ContainersRunning"], info["Images"]) == (1, 0, 2), f"{info}")
    expect(info["DockerRootDir"] == program.root and info["NCPU"] == os.cpu_count(), f"{info}")
    expect(program.out("info", "-f", "{{.ContainersStopped}}") == "1\n", "info -f")
    version = program.out("version", "-f", "{{.Client.Version}}").strip()
    expect(program.out("version").startswith(f"bulkhead {version}\n"), "version -f")


def events(program):
    """What commands do to images is in the journal, with docker's words."""
    one = program.image("one", files=("one",), labels={"tier": "front"})
    two = program.image("two", files=("two",))
    program.out("tag", "one", "example.com/team/one:1.0")
    program.out("save", "-o", program.file("both.tar"), "one", "two")
    program.out("rmi", "one")
    program.out("create", "--name", "user", "two")
    program.out("rmi", "example.com/team/one:1.0")
    program.out("rm", "user")
    program.out("image", "prune", "-af")
    program.error("rmi", "nowhere")

    def told(*filters):
        words = [word for each in filters for word in ("--filter", each)]
        lines = program.out("events", "--since", "1h", "--until", "0s", "--format", "json", *words).splitlines()
        return [json.loads(line) for line in lines]

    def short(found):
        return [(event["Action"], event["Actor"]["ID"], event["Actor"]["Attributes"]["name"]) for event in found]

    images = told("type=image")
    expect(short(images) == [("load", one, one), ("load", two, two), ("tag", one, "example.com/team/one:1.0"),
                             ("save", one, one), ("save", two, two), ("untag", one, one), ("untag", one, one),
                             ("delete", one, one), ("untag", two, two), ("delete", two, two)], f"{images}")
    expect(all(event["Type"] == "image" and event["status"] == event["Action"] and "from" not in event for event in images), f"{images}")
    expect([event["Actor"]["Attributes"].get("tier") for event in images if event["Actor"]["ID"] == one] == ["front"] * 6, f"{images}")
    expect(short(told("event=untag", "label=tier=front")) == [("untag", one, one)] * 2, "event= and label=")
    expect(short(told("image=example.com/team/one")) == [("tag", one, "example.com/team/one:1.0")], "image=NAME")
    expect([event["Action"] for event in told(f"image={two}", "event!=save")] == ["load", "untag", "delete"], "image=ID")
    expect([event["Action"] for event in told("type=container")] == ["create", "destroy"], "type=container")
    # A time without a zone is the caller's: here five hours ahead of Greenwich.
    for hours, wanted in ((4, len(told())), (6, 0)):
        moment = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S")
        command = program.command("events", "--since", moment, "--until", "0s")
        lines = subprocess.run(command, env={**os.environ, "TZ": "XXX-5"}, capture_output=True, check=True).stdout
        expect(lines.count(b"\n") == wanted, f"since {moment}: {lines}")
    # An image that was whole before a load failed is there, and told.
    with open(program.file("both.tar"), "rb") as file:
        program.call("load", data=file.read()[:20000])
    expect(len(told("event=load")) == 2 + len(program.out("images", "-q").splitlines()), "a load that failed half-way")
