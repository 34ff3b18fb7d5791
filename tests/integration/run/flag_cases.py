"""Flags of `run`: what they change inside the container's machine."""

import subprocess

from lifecycle_cases import command
from process_cases import expect_lines, shell, status_field
from support import expect


def init(bulkhead):
    """--init: PID 1 reaps orphans, passes signals on, and ends as the program does."""
    expect_lines(shell(bulkhead, "echo $$; cat /proc/1/comm; sh -c 'sleep 0.1 & echo $! > /orphan'; sleep 1;"
                                 " [ -e /proc/$(cat /orphan) ] || echo reaped; exit 7", "--init", code=7),
                 ["2", "init", "reaped"])
    with bulkhead.start("--rm", "--init", "busybox", "sh", "-c",
                        "trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.1; done",
                        stdout=subprocess.PIPE) as process:
        expect(process.stdout.readline() == b"ready\n", "no container")
        process.terminate()
        expect(process.stdout.read() == b"got it\n", "the signal was not passed on")
        expect(process.wait() == 3, f"exit code {process.returncode}")
    bulkhead.run("--rm", "--init", "busybox", "no-such-program", check_code=127)


def privileged(bulkhead):
    """--privileged: everything in the machine, and nothing of the host."""
    status = shell(bulkhead, "cat /proc/self/status", "--privileged")
    expect(status_field(status, "CapEff") == "000001ffffffffff", f"CapEff {status_field(status, 'CapEff')}")
    expect(status_field(status, "Seccomp") == "0", "a filter although privileged")
    expect_lines(shell(bulkhead,
                       "mkdir -p /mnt && mount -t tmpfs t /mnt && echo mounted; [ -b /dev/vda ] && echo disk; ls /dev/null /dev/pts/ptmx;"
                       " mkdir /sys/fs/cgroup/mine && rmdir /sys/fs/cgroup/mine && echo cgroup;"
                       " echo 5 > /proc/sys/vm/swappiness && echo sysctl; echo x > /dev/null && echo null;"
                       " [ -e /proc/kcore ] || ls /sys/kernel/mm > /dev/null && echo sys", "--privileged"),
                 ["mounted", "disk", "/dev/null", "/dev/pts/ptmx", "cgroup", "sysctl", "null", "sys"])


def kernel_settings(bulkhead):
    """--sysctl, --shm-size, --ipc none, --pids-limit, --oom-score-adj and the cgroup's limits."""
    expect_lines(shell(bulkhead,
                       "cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shmmni /proc/sys/vm/max_map_count;"
                       " df -k /dev/shm | awk 'NR == 2 {print $2}'; cat /proc/self/oom_score_adj /proc/sys/vm/compaction_proactiveness",
                       "--sysctl", "net.core.somaxconn=77", "--sysctl", "kernel.shmmni=99", "--sysctl",
                       "vm.max_map_count=262144", "--shm-size", "3m", "--oom-score-adj", "123"),
                 ["77", "99", "262144", "3072", "123", "0"])
    expect_lines(shell(bulkhead, "grep -c ' /dev/shm ' /proc/mounts", "--ipc", "none", code=1), ["0"])
    expect_lines(shell(bulkhead,
                       "cd /sys/fs/cgroup; cat pids.max memory.max memory.low cpu.max cpu.weight cpuset.cpus; nproc;"
                       " for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1 & done 2>&1 | grep -c fork",
                       "--pids-limit", "8", "-m", "64m", "--memory-reservation", "32m", "--memory-swap", "-1", "--cpu-period",
                       "50000", "--cpu-quota", "25000", "--cpu-shares", "512", "--cpuset-cpus", "0")[0:],
                 ["8", str(64 << 20), str(32 << 20), "25000 50000", "20", "0", "1", "1"])
    result = bulkhead.run("--rm", "--sysctl", "no.such=1", "busybox", "true", check_code=125)
    expect(b"sysctl" in result.stderr and b"no/such" in result.stderr, f"stderr: {result.stderr!r}")


def names(bulkhead):
    """--add-host, --dns and its like, --domainname, --group-add, --entrypoint "", --mount, --annotation."""
    output = shell(bulkhead,
                   "grep db /etc/hosts; cat /etc/resolv.conf; hostname; cat /proc/sys/kernel/domainname; id -G;"
                   " grep -o ' /scratch tmpfs rw.*size=1024k' /proc/mounts | cut -d' ' -f2",
                   "--add-host", "db:10.1.2.3", "--dns", "1.1.1.1", "--dns-search", "example.org", "--dns-option", "ndots:3",
                   "-h", "box", "--domainname", "example.org", "--group-add", "44", "--mount",
                   "type=tmpfs,dst=/scratch,tmpfs-size=1m", "--annotation", "a=b", "--entrypoint", "", "--network", "none",
                   "--platform", "linux/amd64", "--pull", "never")
    expect_lines(output, ["10.1.2.3\tdb", "nameserver 1.1.1.1", "search example.org", "options ndots:3", "box",
                          "example.org", "0 44", "/scratch"])
    result = bulkhead.run("--rm", "--platform", "linux/s390x", "busybox", "true", check_code=125)
    expect(b"does not provide the specified platform" in result.stderr, f"stderr: {result.stderr!r}")
    result = bulkhead.run("--rm", "-p", "80:80", "busybox", "true", check_code=125)
    expect(b"no network" in result.stderr, f"stderr: {result.stderr!r}")
    result = bulkhead.run("--rm", "-a", "stdout", "busybox", "sh", "-c", "echo out; echo err >&2", check_code=0)
    expect((result.stdout, result.stderr) == (b"out\n", b""), f"-a stdout: {result}")


def disk_limits(bulkhead):
    """--device-write-bps and its kin hold the machine's disks down, also when they come later."""
    elapsed = "t() { set -- $(cat /proc/uptime); echo ${1%%.*}; }; a=$(t); %s; b=$(t); [ $((b - a)) -ge %d ] && echo slow || echo $((b - a))"
    write = "dd if=/dev/zero of=/file bs=64k count=64 2>/dev/null; sync"
    expect_lines(shell(bulkhead, elapsed % (write, 3), "--device-write-bps", "1m"), ["slow"])
    bulkhead.run("-d", "--name", "limited", "--privileged", "busybox", "sleep", "100000", check_code=0)
    command(bulkhead, "exec", "limited", "sh", "-c", write + "; echo 3 > /proc/sys/vm/drop_caches")
    command(bulkhead, "update", "--device-read-bps", "/dev/sda:1m", "limited")
    shown = command(bulkhead, "inspect", "-f", "{{json .HostConfig.BlkioDeviceReadBps}}", "limited")
    expect(shown == '[{"Path":"/","Rate":1048576}]\n', f"inspect: {shown}")
    output = command(bulkhead, "exec", "limited", "sh", "-c", elapsed % ("cat /file > /dev/null", 3))
    expect_lines(output, ["slow"])
    # Each write is its own, and there is room for two a second.
    command(bulkhead, "update", "--device-read-bps", "0", "--device-write-iops", "2", "limited")
    small = "for i in 1 2 3 4 5 6; do dd if=/dev/zero of=/file bs=4k count=1 2>/dev/null; sync; done"
    expect_lines(command(bulkhead, "exec", "limited", "sh", "-c", elapsed % (small, 2)), ["slow"])
    command(bulkhead, "update", "--device-write-iops", "0", "limited")
    command(bulkhead, "rm", "-f", "limited")


def stream_limits(bulkhead):
    """--stream-bps and --stream-iops hold what a container says down, not what it is told; also when they come later."""
    result = bulkhead.run("--rm", "--stream-bps", "256k", "busybox", "sh", "-c",
                          "set -- $(cat /proc/uptime); a=${1%.*}; dd if=/dev/zero bs=64k count=32 2>/dev/null;"
                          " set -- $(cat /proc/uptime); echo $((${1%.*} - a)) >&2", check_code=0)
    expect(len(result.stdout) == 2 << 20 and set(result.stdout) == {0}, f"{len(result.stdout)} bytes")
    expect(int(result.stderr) >= 4, f"2 MiB took {result.stderr!r} s at 256 KiB/s")
    for flag, value in (("--stream-bps", "1k"), ("--stream-iops", "1")):
        result = bulkhead.run("--rm", flag, value, "busybox", "true", check_code=125)
        expect(b"too low" in result.stderr, f"stderr: {result.stderr!r}")

    # One that floods its streams still does what it is told, in time.
    bulkhead.run("-d", "--name", "flood", "--stream-bps", "64k", "busybox", "sh", "-c", "trap '' TERM; cat /dev/zero", check_code=0)
    expect_lines(command(bulkhead, "exec", "flood", "echo", "answers"), ["answers"])
    shown = command(bulkhead, "inspect", "-f", "{{.HostConfig.StreamBps}} {{.HostConfig.StreamIOps}}", "flood")
    expect(shown == "65536 0\n", f"inspect: {shown}")
    command(bulkhead, "update", "--stream-bps", "0", "--stream-iops", "200", "flood")
    shown = command(bulkhead, "inspect", "-f", "{{.HostConfig.StreamBps}} {{.HostConfig.StreamIOps}}", "flood")
    expect(shown == "0 200\n", f"inspect: {shown}")
    expect_lines(command(bulkhead, "exec", "flood", "echo", "answers"), ["answers"])
    command(bulkhead, "stop", "-t", "1", "flood")
    command(bulkhead, "rm", "flood")
