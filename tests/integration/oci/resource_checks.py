"""config-linux.md: control groups; config.md: hooks; runtime.md: life of a container."""

from check import CONFIG, LINUX, Check, Guest, Refusal

HOOKS = f"{CONFIG}: POSIX-platform Hooks"


def set_resources(config):
    config["linux"]["resources"] = {
        "devices": [{"allow": False, "access": "rwm"}],
        "memory": {"limit": 134217728, "swap": 134217728, "reservation": 67108864},
        "cpu": {"shares": 2048, "quota": 50000, "period": 100000, "burst": 1000, "cpus": "0", "mems": "0"},
        "pids": {"limit": 64},
        "unified": {"memory.high": "100663296", "pids.max": "50"}}


def cgroup_file(name):
    return f"cat /sys/fs/cgroup/{name}"


RESOURCES = Guest("resources", set_resources, [
    Check("linux.resources.memory.limit", f"{LINUX}: Memory", cgroup_file("memory.max"), "134217728"),
    Check("linux.resources.memory.reservation", f"{LINUX}: Memory", cgroup_file("memory.low"), "67108864"),
    Check("linux.resources.cpu.shares", f"{LINUX}: CPU", cgroup_file("cpu.weight"), "79"),
    Check("linux.resources.cpu.quota", f"{LINUX}: CPU", cgroup_file("cpu.max"), "50000 100000"),
    Check("linux.resources.cpu.burst", f"{LINUX}: CPU", cgroup_file("cpu.max.burst"), "1000"),
    Check("linux.resources.cpu.cpus", f"{LINUX}: CPU", cgroup_file("cpuset.cpus"), "0"),
    Check("linux.resources.cpu.mems", f"{LINUX}: CPU", cgroup_file("cpuset.mems"), "0"),
    Check("linux.resources.unified", f"{LINUX}: Unified", cgroup_file("memory.high"), "100663296"),
    Check("linux.resources.unified.wins", f"{LINUX}: Unified", cgroup_file("pids.max"), "50"),
    Check("linux.resources.devices", f"{LINUX}: Allowed Device list", "head -c 1 /dev/zero | wc -c", "1"),
])


def hook(text):
    return {"path": "/bin/sh", "args": ["sh", "-c", text], "env": ["PATH=/bin", "WORD=of the hook"]}


def set_hooks(config):
    config["annotations"] = {"org.example": "value"}
    config["hooks"] = {
        "createContainer": [hook("cat > /state; echo createContainer $WORD >> /log")],
        "startContainer": [hook("echo startContainer >> /log")],
        "poststart": [hook("cat > /running; echo poststart >> /log")],
        "poststop": [hook("exit 3"), hook("echo poststop >> /log")]}


HOOK_ORDER = Guest("hooks", set_hooks, [
    Check("hooks.createContainer", HOOKS, "head -n 1 /log", "createContainer of the hook"),
    Check("hooks.startContainer", HOOKS, "sed -n 2p /log", "startContainer"),
    Check("hooks.poststart", HOOKS, "until grep -q poststart /log; do sleep 0.1; done; tail -n 1 /log", "poststart"),
    Check("state.for.hooks", "runtime.md: State",
          "grep -o '\"status\":\"[a-z]*\"' /state /running | cut -d: -f2-; grep -o '\"org.example\":\"value\"' /state;"
          " grep -c '\"ociVersion\":\"1' /state",
          '"status":"creating"\n"status":"running"\n"org.example":"value"\n1'),
])


def with_resources(**values):
    return lambda config: config["linux"].update(resources=values)


REFUSALS = [
    Refusal("linux.resources.hugepageLimits", f"{LINUX}: Huge page limits",
            with_resources(hugepageLimits=[{"pageSize": "2MB", "limit": 2097152}]), "linux.resources.hugepageLimits"),
    Refusal("linux.resources.blockIO", f"{LINUX}: Block IO", with_resources(blockIO={"weight": 100}),
            "linux.resources.blockIO"),
    Refusal("linux.resources.network", f"{LINUX}: Network", with_resources(network={"classID": 1}),
            "linux.resources.network"),
    Refusal("linux.resources.rdma", f"{LINUX}: RDMA", with_resources(rdma={"mlx": {"hcaHandles": 1}}),
            "linux.resources.rdma"),
    Refusal("linux.resources.memory.swappiness", f"{LINUX}: Memory", with_resources(memory={"swappiness": 10}),
            "linux.resources.memory.swappiness"),
]
