"""config-linux.md: namespaces, devices, paths, sysctl, mounts, seccomp, propagation."""

from check import CONFIG, LINUX, Check, Guest, Refusal

NAMESPACES = f"{LINUX}: Namespaces"
MOUNTS = f"{CONFIG}: Mounts"


def set_paths(config):
    linux = config["linux"]
    linux["maskedPaths"] = ["/proc/kcore", "/masked/dir", "/masked/file", "/no/such"]
    linux["readonlyPaths"] = ["/proc/sys", "/readonly/dir", "/no/such"]
    linux["sysctl"] = {"net.core.somaxconn": "321", "kernel.msgmax": "4096"}
    linux["devices"] = [
        {"path": "/dev/made", "type": "c", "major": 1, "minor": 5, "fileMode": 0o640, "uid": 3, "gid": 4},
        {"path": "/dev/fifo", "type": "p", "fileMode": 0o600},
        {"path": "/dev/block", "type": "b", "major": 254, "minor": 0}]
    config["mounts"] += [
        {"destination": "/m/plain", "type": "tmpfs", "source": "tmpfs", "options": ["size=1m", "mode=1777"]},
        {"destination": "/m/options", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "noexec", "ro"]},
        {"destination": "/m/times", "type": "tmpfs", "source": "tmpfs", "options": ["noatime", "nodiratime"]},
        {"destination": "/m/strict", "type": "tmpfs", "source": "tmpfs", "options": ["strictatime", "sync"]},
        {"destination": "/m/over", "type": "tmpfs", "source": "tmpfs", "options": ["ro", "rw", "noexec", "exec"]},
        {"destination": "/m/links", "type": "tmpfs", "source": "tmpfs", "options": ["nosymfollow"]},
        {"destination": "/m/rro", "type": "bind", "source": "/sys", "options": ["rbind", "rro"]},
        {"destination": "/m/bind", "type": "none", "source": "/proc/version", "options": ["bind", "ro"]},
        {"destination": "/m/shared", "type": "tmpfs", "source": "tmpfs", "options": ["shared"]},
        {"destination": "/m/slave", "type": "tmpfs", "source": "tmpfs", "options": ["shared", "rslave"]},
        {"destination": "/m/unbindable", "type": "tmpfs", "source": "tmpfs", "options": ["unbindable"]},
        {"destination": "/m/a/b/../c", "type": "tmpfs", "source": "tmpfs"}]


def mount_options(path, *options):
    """Those of `options` that the mount has."""
    return (f"awk '$2 == \"{path}\" {{print $4}}' /proc/mounts | tr , '\\n' | "
            f"grep -xE '{'|'.join(options)}' | sort | tr '\\n' ' '")


def propagation(path):
    return f"awk '$5 == \"{path}\" {{print $7}}' /proc/self/mountinfo | cut -d: -f1"


PATHS = Guest("paths", set_paths, [
    Check("linux.maskedPaths.file", f"{LINUX}: Masked Paths", "cat /masked/file | wc -c", "0"),
    Check("linux.maskedPaths.directory", f"{LINUX}: Masked Paths", "ls /masked/dir | wc -l", "0"),
    Check("linux.maskedPaths.missing", f"{LINUX}: Masked Paths", "[ -e /no/such ] || echo started", "started"),
    Check("linux.readonlyPaths", f"{LINUX}: Readonly Paths",
          "touch /readonly/dir/x 2>/dev/null || echo ro; echo 1 2>/dev/null > /proc/sys/kernel/msgmax || echo ro", "ro\nro"),
    Check("linux.sysctl", f"{LINUX}: Sysctl", "cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax", "321\n4096"),
    Check("linux.devices.character", f"{LINUX}: Devices", "stat -c '%F %t:%T %a %u %g' /dev/made",
          "character special file 1:5 640 3 4"),
    Check("linux.devices.fifo", f"{LINUX}: Devices", "stat -c '%F %a' /dev/fifo", "fifo 600"),
    Check("linux.devices.block", f"{LINUX}: Devices", "stat -c '%F %t:%T' /dev/block", "block special file fe:0"),
    Check("linux.namespaces.pid", NAMESPACES, "ls -d /proc/[0-9]* | wc -l | awk '{print ($1 < 8 ? \"few\" : $1)}'", "few"),
    Check("linux.namespaces.network", NAMESPACES, "ls /sys/class/net", "lo"),
    Check("linux.namespaces.network.loopback", NAMESPACES, "ip -o link show lo | grep -c LOOPBACK,UP", "1"),
    Check("linux.namespaces.cgroup", NAMESPACES, "cat /proc/self/cgroup", "0::/"),
    Check("linux.namespaces.mount", NAMESPACES, "grep -c initramfs /proc/mounts || true", "0"),
    Check("linux.namespaces.ipc", NAMESPACES, "awk 'END {print NR - 1}' /proc/sysvipc/msg", "0"),
    Check("mounts.tmpfs", MOUNTS, "df -k /m/plain | awk 'NR == 2 {print $2}'; stat -c %a /m/plain", "1024\n1777"),
    Check("mounts.flags", MOUNTS, mount_options("/m/options", "ro", "nosuid", "nodev", "noexec"), "nodev noexec nosuid ro"),
    Check("mounts.noatime", MOUNTS, mount_options("/m/times", "noatime", "nodiratime"), "noatime nodiratime"),
    Check("mounts.sync", MOUNTS, mount_options("/m/strict", "sync", "relatime", "noatime"), "sync"),
    Check("mounts.last.option.wins", MOUNTS, mount_options("/m/over", "ro", "rw", "noexec"), "rw"),
    Check("mounts.nosymfollow", MOUNTS, "ln -s /bin /m/links/l; cd /m/links/l 2>/dev/null || echo refused", "refused"),
    Check("mounts.recursive.readonly", MOUNTS,
          "mkdir /m/rro/fs/cgroup/x 2>/dev/null || awk '$2 ~ \"^/m/rro\" {print substr($4, 1, 2)}' /proc/mounts | sort -u", "ro"),
    Check("mounts.bind.file", MOUNTS, "cmp /m/bind /proc/version && echo same", "same"),
    Check("mounts.shared", MOUNTS, propagation("/m/shared"), "shared"),
    Check("mounts.slave", MOUNTS, propagation("/m/slave"), "-"),
    Check("mounts.unbindable", MOUNTS, propagation("/m/unbindable"), "unbindable"),
    Check("mounts.order", MOUNTS, "awk '$2 ~ \"^/m/\" {print $2}' /proc/mounts | head -n 2 | tr '\\n' ' '",
          "/m/plain /m/options"),
    Check("mounts.destination.cleaned", MOUNTS, "awk '$2 == \"/m/a/c\" {print $3}' /proc/mounts", "tmpfs"),
])


def set_seccomp(config):
    config["linux"]["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "syscalls": [
            {"names": ["mkdir", "mkdirat", "no_such_call"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28},
            {"names": ["symlink", "symlinkat"], "action": "SCMP_ACT_ERRNO"},
            {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 3,
             "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]},
            {"names": ["fchmodat", "chmod", "fchmodat2"], "action": "SCMP_ACT_ERRNO",
             "args": [{"index": 2, "value": 0o4000, "valueTwo": 0o4000, "op": "SCMP_CMP_MASKED_EQ"}]},
            {"names": ["sethostname"], "action": "SCMP_ACT_KILL_PROCESS"}]}
    config["process"]["capabilities"] = {each: ["CAP_SYS_ADMIN"] for each in ("bounding", "permitted", "effective")}


SECCOMP = Guest("seccomp", set_seccomp, [
    Check("linux.seccomp.errnoRet", f"{LINUX}: Seccomp", "mkdir /x 2>&1 | grep -o 'No space left'", "No space left"),
    Check("linux.seccomp.errno.default", f"{LINUX}: Seccomp", "ln -s a /y 2>&1 | grep -o 'not permitted'", "not permitted"),
    Check("linux.seccomp.args.equal", f"{LINUX}: Seccomp",
          "kill -10 1 2>&1 | grep -o 'No such process'; kill -18 1 && echo others", "No such process\nothers"),
    Check("linux.seccomp.action.kill", f"{LINUX}: Seccomp", "hostname other; echo $?", "Bad system call\n159"),
    Check("linux.seccomp.filter", f"{LINUX}: Seccomp", "awk '/^Seccomp:/ {print $2}' /proc/self/status", "2"),
])


def set_user_namespace(config):
    linux = config["linux"]
    linux["namespaces"].append({"type": "user"})
    linux["uidMappings"] = [{"containerID": 0, "hostID": 0, "size": 1}, {"containerID": 1, "hostID": 3000, "size": 10}]
    linux["gidMappings"] = [{"containerID": 0, "hostID": 0, "size": 1}, {"containerID": 1, "hostID": 4000, "size": 20}]


USER_NAMESPACE = Guest("user-namespace", set_user_namespace, [
    Check("linux.uidMappings", f"{LINUX}: User namespace mappings", "awk '{print $1, $2, $3}' /proc/self/uid_map",
          "0 0 1\n1 3000 10"),
    Check("linux.gidMappings", f"{LINUX}: User namespace mappings", "awk '{print $1, $2, $3}' /proc/self/gid_map",
          "0 0 1\n1 4000 20"),
    Check("linux.namespaces.user", NAMESPACES, "id -u; echo x > /dev/null && echo devices", "0\ndevices"),
])


def set_time(config):
    linux = config["linux"]
    linux["namespaces"].append({"type": "time"})
    linux["timeOffsets"] = {"boottime": {"secs": 1000000}, "monotonic": {"secs": 2000000}}
    linux["rootfsPropagation"] = "shared"


TIME = Guest("time", set_time, [
    Check("linux.timeOffsets.boottime", f"{LINUX}: Offset for Time Namespace",
          "awk '{print ($1 >= 1000000 ? \"moved\" : $1)}' /proc/uptime", "moved"),
    Check("linux.timeOffsets", f"{LINUX}: Offset for Time Namespace", "awk '{print $1, $2}' /proc/self/timens_offsets",
          "monotonic 2000000\nboottime 1000000"),
    Check("linux.rootfsPropagation.shared", f"{LINUX}: Rootfs Mount Propagation", propagation("/"), "shared"),
])


def set_slave(config):
    config["linux"]["rootfsPropagation"] = "unbindable"
    config["linux"]["namespaces"] = [{"type": "mount"}]


FEW_NAMESPACES = Guest("few-namespaces", set_slave, [
    Check("linux.rootfsPropagation.unbindable", f"{LINUX}: Rootfs Mount Propagation", propagation("/"), "unbindable"),
    Check("linux.namespaces.absent", NAMESPACES, "[ $$ -gt 1 ] && cat /proc/1/comm | cut -c 1-8", "init"),
])


def with_linux(**values):
    return lambda config: config["linux"].update(values)


REFUSALS = [
    Refusal("linux.namespaces.path", NAMESPACES,
            with_linux(namespaces=[{"type": "mount"}, {"type": "network", "path": "/proc/1/ns/net"}]),
            "linux.namespaces[1].path"),
    Refusal("linux.namespaces.twice", NAMESPACES, with_linux(namespaces=[{"type": "mount"}] * 2), "linux.namespaces[1]"),
    Refusal("linux.namespaces.unknown", NAMESPACES, with_linux(namespaces=[{"type": "cake"}]), "linux.namespaces[0]"),
    Refusal("linux.mountLabel", f"{LINUX}: Mount Label", with_linux(mountLabel="a:b:c"), "linux.mountLabel"),
    Refusal("linux.intelRdt", f"{LINUX}: IntelRdt", with_linux(intelRdt={"closID": "x"}), "linux.intelRdt"),
    Refusal("linux.seccomp.listenerPath", f"{LINUX}: Seccomp",
            with_linux(seccomp={"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x"}), "linux.seccomp"),
    Refusal("mounts.destination.relative", MOUNTS,
            lambda config: config["mounts"].append({"destination": "m", "type": "tmpfs"}), "mounts[7].destination"),
    Refusal("mounts.bind.of.host", MOUNTS,
            lambda config: config["mounts"].append({"destination": "/m", "type": "bind", "source": "/etc"}),
            "mounts[7].source"),
    Refusal("mounts.idmap", MOUNTS,
            lambda config: config["mounts"].append({"destination": "/m", "type": "tmpfs", "options": ["idmap"]}),
            "mounts[7].options"),
]
