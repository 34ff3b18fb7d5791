"""config.md: process, root, hostname."""

from check import CONFIG, Check, Guest, Refusal

PROCESS = f"{CONFIG}: Process"
POSIX = f"{CONFIG}: POSIX process"
LINUX_PROCESS = f"{CONFIG}: Linux process"
USER = f"{CONFIG}: POSIX-platform user"


def status(field):
    return f"awk '/^{field}:/ {{print $2}}' /proc/self/status"


def set_plain(config):
    config["hostname"] = "validation"
    config["domainname"] = "example.org"
    config["process"]["cwd"] = "/work"
    config["process"]["env"] += ["FIRST=one two", "EMPTY="]
    config["annotations"] = {"org.example": "value"}
    config["future"] = {"unknown": True}
    config["linux"]["future"] = [1, 2, 3]


PLAIN = Guest("plain", set_plain, [
    Check("process.cwd", PROCESS, "pwd", "/work"),
    Check("process.env", PROCESS, 'echo "$FIRST|${EMPTY-unset}"', "one two|"),
    Check("process.args", POSIX, "head -c 6 /proc/1/cmdline | tr '\\0' ' '", "sh -c"),
    Check("hostname", f"{CONFIG}: Hostname", "hostname", "validation"),
    Check("domainname", f"{CONFIG}: Domainname", "cat /proc/sys/kernel/domainname", "example.org"),
    Check("root.writable", f"{CONFIG}: Root", "echo x > /probe && cat /probe", "x"),
    Check("unknown.properties", f"{CONFIG}: Extensibility", "echo started", "started"),
    Check("default.filesystems", "config-linux.md: Default Filesystems",
          "for d in /proc /sys /dev/pts /dev/shm; do awk -v d=$d '$2 == d {print $3}' /proc/mounts; done",
          "proc\nsysfs\ndevpts\ntmpfs"),
    Check("default.devices", "config-linux.md: Default Devices",
          "for d in null zero full random urandom tty ptmx; do [ -c /dev/$d ] || echo no $d; done; echo x > /dev/null;"
          " echo done", "done"),
    Check("default.symlinks", "runtime-linux.md: Dev symbolic links",
          "for l in fd stdin stdout stderr; do readlink /dev/$l; done",
          "/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2"),
    Check("file.descriptors", "runtime-linux.md: File descriptors", "ls /proc/self/fd | wc -l", "4"),
    Check("process.noNewPrivileges.unset", LINUX_PROCESS, status("NoNewPrivs"), "0"),
    Check("process.oomScoreAdj.unset", LINUX_PROCESS, "cat /proc/self/oom_score_adj", "0"),
    Check("process.terminal.unset", PROCESS, "tty || true", "not a tty"),
])


def set_process(config):
    process = config["process"]
    process["user"] = {"uid": 5, "gid": 6, "umask": 0o27, "additionalGids": [7, 8]}
    process["capabilities"] = {
        "bounding": ["CAP_KILL", "CAP_CHOWN", "CAP_NET_RAW"], "permitted": ["CAP_KILL", "CAP_CHOWN"],
        "inheritable": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"], "effective": ["CAP_CHOWN", "CAP_FROM_THE_FUTURE"]}
    process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 256, "hard": 512},
                          {"type": "RLIMIT_STACK", "soft": 1048576, "hard": 2097152},
                          {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]
    process["noNewPrivileges"] = True
    process["oomScoreAdj"] = 321
    process["ioPriority"] = {"class": "IOPRIO_CLASS_BE", "priority": 2}
    process["scheduler"] = {"policy": "SCHED_BATCH", "nice": 3}
    config["root"]["readonly"] = True
    config["linux"]["personality"] = {"domain": "LINUX32"}


PROCESS_SETTINGS = Guest("process", set_process, [
    Check("process.user.uid", USER, "id -u", "5"),
    Check("process.user.gid", USER, "id -g", "6"),
    Check("process.user.additionalGids", USER, "id -G", "6 7 8"),
    Check("process.user.umask", USER, "umask", "0027"),
    Check("process.capabilities.bounding", LINUX_PROCESS, status("CapBnd"), "0000000000002021"),
    Check("process.capabilities.permitted", LINUX_PROCESS, status("CapPrm"), "0000000000000001"),
    Check("process.capabilities.effective", LINUX_PROCESS, status("CapEff"), "0000000000000001"),
    Check("process.capabilities.inheritable", LINUX_PROCESS, status("CapInh"), "0000000000000001"),
    Check("process.capabilities.ambient", LINUX_PROCESS, status("CapAmb"), "0000000000000001"),
    Check("process.capabilities.unknown", LINUX_PROCESS, "echo started", "started"),
    Check("process.rlimits.nofile", POSIX, "ulimit -n; ulimit -Hn", "256\n512"),
    Check("process.rlimits.stack", POSIX, "awk '/Max stack/ {print $4, $5}' /proc/self/limits", "1048576 2097152"),
    Check("process.rlimits.core", POSIX, "ulimit -c", "0"),
    Check("process.noNewPrivileges", LINUX_PROCESS, status("NoNewPrivs"), "1"),
    Check("process.oomScoreAdj", LINUX_PROCESS, "cat /proc/self/oom_score_adj", "321"),
    Check("process.ioPriority", LINUX_PROCESS, "ionice -p 1", "best-effort: prio 2"),
    Check("process.scheduler", LINUX_PROCESS, "cut -d' ' -f19,41 /proc/self/stat", "3 3"),
    Check("linux.personality", "config-linux.md: Personality", "uname -m", "i686"),
    Check("root.readonly", f"{CONFIG}: Root", "touch /probe 2>/dev/null || awk '$2 == \"/\" {print substr($4, 1, 2)}' /proc/mounts",
          "ro"),
])


def with_process(**values):
    return lambda config: config["process"].update(values)


REFUSALS = [
    Refusal("ociVersion.unsupported", f"{CONFIG}: Specification version",
            lambda config: config.update(ociVersion="2.0.0"), "ociVersion"),
    Refusal("root.missing", f"{CONFIG}: Root", lambda config: config["root"].update(path="nowhere"), "root.path"),
    Refusal("process.args.missing", POSIX, with_process(args=[]), "process.args"),
    Refusal("process.cwd.relative", PROCESS, with_process(cwd="tmp"), "process.cwd"),
    Refusal("process.rlimits.twice", POSIX,
            with_process(rlimits=[{"type": "RLIMIT_NOFILE", "soft": 1, "hard": 1}] * 2), "process.rlimits[1]"),
    Refusal("process.rlimits.unknown", POSIX, with_process(rlimits=[{"type": "NOFILE", "soft": 1, "hard": 1}]),
            "process.rlimits[0]"),
    Refusal("process.apparmorProfile", LINUX_PROCESS, with_process(apparmorProfile="any"), "process.apparmorProfile"),
    Refusal("process.selinuxLabel", LINUX_PROCESS, with_process(selinuxLabel="a:b:c"), "process.selinuxLabel"),
    Refusal("hooks.createRuntime", f"{CONFIG}: POSIX-platform Hooks",
            lambda config: config.update(hooks={"createRuntime": [{"path": "/bin/true"}]}), "hooks.createRuntime"),
]
