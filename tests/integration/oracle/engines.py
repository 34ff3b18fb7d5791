"""The two programs that are asked the same things, and what of their answers is compared."""

import os
import re
import shutil
import subprocess
from typing import NamedTuple

from support import expect

# What differs between two runs of one program, or is a name's long form.
NOISE = (
    (re.compile(r"sha256:"), ""),
    (re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\s\"]*( [-+]\d{4})?( UTC)?"), "TIME"),
    (re.compile(r"(Less than a second|About an? \w+|\d+ (second|minute|hour|day|week|month|year)s?)( ago)?"), "AGO"),
    (re.compile(r"\b(docker\.io/library|localhost)/"), ""),
    (re.compile(r"\bbusybox:latest"), "busybox"),
)

# What a message is about: the first that fits. Words differ from program to program, these kinds should not.
KINDS = (
    ("no such container", r"no such container|no container with name|no container with ID"),
    ("no such image", r"no such image|image not known|unable to find image|image is not here|no image"),
    ("no such object", r"no such object"),
    ("in use", r"already in use|is in use by|is using it"),
    ("usage", r"unknown (shorthand )?flag|unknown command|unrecognized command|requires? (at least|exactly)|"
              r"requires (a|\d)|is not a bulkhead|accepts (at|between|\d)|must (provide|specify)|missing (argument|image)|needs? |you must provide|"
              r"flag needs an argument|too many arguments|unknown option|no (names|container|image) .*(given|specified)|"
              r"exec requires the name|specify at least|must supply|must be specified|takes no argument|is missing"),
    ("not running", r"is not running|not running|can only (kill|create exec|pause|stop)|is paused|not paused|"
                    r"container state improper|does not run"),
    ("still running", r"is running|cannot remove|still running"),
    ("no such program", r"not found in \$PATH|executable file|no such file or directory.*OCI|exec: .*no such file|"
                        r"program was not found|cannot find .*program|is not there"),
    ("cannot be executed", r"permission denied.*(OCI|exec)|exec(ve)?.*permission denied|cannot be executed|is a directory"),
    ("no such user", r"unable to find user|no matching entries|no such user|user .* is not"),
    ("no such file", r"no such file|could not be found|could not find|does not exist|cannot find"),
    ("bad value", r"invalid|unable to parse|parsing|bad |cannot be|must be|not a valid|not valid|unknown|unsupported|"
                  r"unrecognized|template:|no completion|incorrect|conflict|minimum|too small|is no |is not an ip|not found|are no |malformed|expected"),
)


class Answer(NamedTuple):
    """What a program said: compared as it is, but for its messages, which are compared by kind."""
    code: int
    out: str
    kind: str
    raw: str


def without_noise(text):
    for pattern, replacement in NOISE:
        text = pattern.sub(replacement, text)
    return text


def kind_of(message, code):
    if not message.strip():
        return "none"
    for kind, pattern in KINDS:
        if re.search(pattern, message, re.IGNORECASE):
            return kind
    return "other" if code else "note"


class Engine:
    """A program with an image store and containers of its own."""

    def __init__(self, name, command, environment=None):
        self.name = name
        self.command = command  # words -> the whole command line
        self.environment = environment

    def ask(self, row):
        words = row.words()
        command = self.command(words)
        result = subprocess.run(command, input=row.stdin.encode(), capture_output=True, check=False,
                                env=self.environment)
        out = result.stdout
        if row.pipe:
            out = subprocess.run(["sh", "-c", row.pipe], input=out, stdout=subprocess.PIPE, check=False).stdout
        text = without_noise(out.decode(errors="replace")).rstrip("\n")
        message = result.stderr.decode(errors="replace")
        # What the container's own process says is compared as it is.
        kind = without_noise(message).rstrip("\n") if row.own_errors else kind_of(message, result.returncode)
        return Answer(self.as_docker(words[0], result.returncode), text, kind, message)

    def as_docker(self, verb, code):
        """podman's 125 for whatever it could not do is docker's 1, but for `run`."""
        return 1 if self.name == "podman" and code == 125 and verb != "run" else code

    def call(self, *words):
        result = subprocess.run(self.command(list(words)), stdin=subprocess.DEVNULL, capture_output=True, check=False,
                                env=self.environment)
        expect(result.returncode == 0, f"{self.name} {words}: {result.stderr.decode(errors='replace')}")
        return result.stdout.decode()


PODMAN_CONFIGURATION = """
[containers]
netns = "none"
log_driver = "k8s-file"
apparmor_profile = "unconfined"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
"""


def podman(folder, image):
    """podman with crun below it, everything of it in `folder` (a tmpfs: no overlay lies over an overlay)."""
    program = shutil.which("podman")
    expect(program, "podman is missing: tools/packages.txt names it")
    with open(os.path.join(folder, "containers.conf"), "w", encoding="utf-8") as file:
        file.write(PODMAN_CONFIGURATION)
    environment = dict(os.environ, CONTAINERS_CONF=os.path.join(folder, "containers.conf"))
    prefix = [program, "--root", os.path.join(folder, "podman"), "--runroot", os.path.join(folder, "podman-run"),
              "--storage-driver", "overlay"]
    engine = Engine("podman", lambda words: prefix + words, environment)
    image_id = engine.call("pull", "-q", f"oci:{image}:latest").split()[-1]
    names = engine.call("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    engine.call("tag", image_id, "docker.io/library/busybox:latest")
    engine.call("rmi", *names)
    return engine


def close_podman(folder):
    """What podman mounts below its root stays until the host's next boot, or until somebody does this."""
    subprocess.run(["umount", "-R", os.path.join(folder, "podman", "overlay")], stderr=subprocess.DEVNULL, check=False)


def ours(bulkhead, folder, image):
    """bulkhead with a store of its own in `folder`."""
    bulkhead.root = os.path.join(folder, "bulkhead")
    engine = Engine("bulkhead", lambda words: bulkhead.command(*words))
    engine.call("load", "--name", "busybox", image)
    return engine
