"""bulkhead, crun and runc, each as something that can be told to do what is measured."""

import contextlib
import json
import os
import shutil
import subprocess
import time

import timing

GUEST_MEMORY_MIB = 512  # the same for bulkhead and QEMU
LOAD = "bulkhead_guest_load"
SLEEP = ("sleep", "100000")


# Ours keeps guest RAM from children.
def is_our_guest(mapping):
    return "dc" in mapping["VmFlags"] and "wr" in mapping["VmFlags"]


def read_metrics(output):
    """{metric: value} of guest_load's lines, wherever they are in what a machine printed."""
    found = {}
    for line in output.decode(errors="replace").splitlines():
        words = line.split()
        if len(words) == 2 and words[0].startswith("disk_"):
            found[words[0]] = float(words[1])
    return found


class Bulkhead:
    """From a boot of its own ("never"), or from a template of the machine or of the image, which is made before anything is measured."""

    NAMES = {"never": "bulkhead-cold", "machine": "bulkhead-template", "image": "bulkhead-warm"}

    def __init__(self, staged, directory, template):
        self.name = self.NAMES[template]
        self.template = template
        directory = os.path.join(directory, self.name)
        self.program = os.path.join(staged, "bin", "bulkhead")
        self.load_program = os.path.join(staged, "bin", LOAD)
        self.trace_file = os.path.join(directory, "trace.json")
        self.state = ["--root", os.path.join(directory, "root"), "--state", os.path.join(directory, "state")]
        image = os.path.join(directory, "image")
        subprocess.run([os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                     "make_busybox_image"), image], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([self.program, *self.state, "load", "--name", "bench:latest", image], check=True,
                       stdout=subprocess.DEVNULL)
        if template != "never":
            self.call("template", "build", "-m", f"{GUEST_MEMORY_MIB}m")
        if template == "image":
            self.call(*self.command()[len(self.state) + 1:])
            while [name for name in os.listdir(os.path.join(directory, "root", "templates")) if name.startswith(".")]:
                time.sleep(0.01)  # it is being written

    def run(self, *flags, program=("echo", "hi")):
        return [self.program, *self.state, "run", *flags, *self.machine(), "bench", *program]

    def machine(self):
        # What is slow is measured, not refused: 32 starts at once take minutes under emulation.
        return ["--template", self.template, "-m", f"{GUEST_MEMORY_MIB}m", "--start-timeout", "3000"]

    def command(self):
        return self.run("--rm")

    def call(self, *words):
        return subprocess.run([self.program, *self.state, *words], check=True, stdout=subprocess.PIPE).stdout.decode()

    def create_start_remove(self):
        identity = self.call("create", *self.machine(), "bench", *SLEEP).strip()
        self.call("start", identity)
        self.call("rm", "-f", identity)

    @contextlib.contextmanager
    def idle(self, count):
        """So many containers that only sleep: a (monitor, supervisor) for each."""
        names = [f"idle-{number}" for number in range(count)]
        for name in names:
            self.call("run", "-d", "--name", name, *self.machine(), "bench", *SLEEP)
        try:
            yield [tuple(self.call("inspect", "-f", "{{.State.Pid}} {{.State.SupervisorPid}}", name).split())
                   for name in names]
        finally:
            self.call("rm", "-f", *names)

    def measure_memory(self):
        """Of a container that only sleeps, beside another one: its monitor, and its supervisor."""
        with self.idle(2) as (_, (monitor, supervisor)):
            own, guest = timing.private_kib(monitor, is_our_guest)
            return {"vmm_private_kib": own, "guest_private_kib": guest,
                    "supervisor_private_kib": timing.private_kib(supervisor)[0]}

    def load(self, arguments):
        """guest_load, which comes to the container by its standard input."""
        script = f"cat >/load && chmod 755 /load && exec /load {arguments}"
        return self.run("--rm", "-i", program=("sh", "-c", script))

    def disk(self, mib):
        with open(self.load_program, "rb") as load:
            return read_metrics(subprocess.run(self.load(f"disk /data {mib}"), stdin=load, check=True,
                                               stdout=subprocess.PIPE).stdout)

    def stream(self, mib):
        """Through the guest's vsock and the supervisor, which logs it, to the pipe that `run` has as its output."""
        with open(self.load_program, "rb") as load:
            return stream_of(self.load(f"stream {mib}"), mib, load)

    def traced(self):
        """(a start's steps, when it was asked for, when the command was gone); times in ms of the monotonic clock."""
        begin = time.monotonic() * 1000
        subprocess.run(self.run("--rm", "--trace", self.trace_file), check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)
        end = time.monotonic() * 1000
        with open(self.trace_file, encoding="utf-8") as file:
            return json.load(file)["traceEvents"], begin, end


def stream_of(command, mib, stdin=subprocess.DEVNULL):
    with subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE) as process:
        rate = timing.stream_rate(lambda: os.read(process.stdout.fileno(), 1 << 18), mib << 20)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}")
    return {"stream_mib_per_second": rate}


class OciRuntime:
    """crun or runc with a bundle whose root file system is the busybox that the image holds."""

    def __init__(self, runtime, staged, directory):
        self.name = runtime
        self.count = 0
        self.root = os.path.join(directory, runtime, "rootfs")
        bin_directory = os.path.join(self.root, "bin")
        os.makedirs(bin_directory)
        for folder in ("proc", "dev", "sys", "tmp"):
            os.makedirs(os.path.join(self.root, folder))
        shutil.copy(shutil.which("busybox"), bin_directory)
        shutil.copy(os.path.join(staged, "bin", LOAD), os.path.join(bin_directory, "load"))
        for applet in ("sh", "echo", "sleep"):
            os.symlink("busybox", os.path.join(bin_directory, applet))

    def bundle(self, program):
        """One for each program that is run: (its folder, a new container's name)."""
        self.count += 1
        folder = os.path.join(os.path.dirname(self.root), "-".join(program).replace("/", "_"))
        config_path = os.path.join(folder, "config.json")
        if not os.path.exists(config_path):
            os.makedirs(folder)
            subprocess.run([self.name, "spec"], cwd=folder, check=True)
            with open(config_path, encoding="utf-8") as file:
                config = json.load(file)
            config["process"]["terminal"] = False
            config["process"]["args"] = list(program)
            config["root"]["path"] = self.root
            with open(config_path, "w", encoding="utf-8") as file:
                json.dump(config, file)
        return folder, f"bench-{os.getpid()}-{self.count}"

    def run(self, *program):
        folder, name = self.bundle(program)
        return [self.name, "run", "--bundle", folder, name]

    def command(self):
        return self.run("echo", "hi")

    def create_start_remove(self):
        folder, name = self.bundle(SLEEP)
        for words in (["create", "--bundle", folder, name], ["start", name], ["delete", "--force", name]):
            subprocess.run([self.name, *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def stream(self, mib):
        """The container's standard output is the pipe itself."""
        return stream_of(self.run("/bin/load", "stream", str(mib)), mib)
