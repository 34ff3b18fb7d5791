"""What a container's process is given, and what comes back from it."""

import subprocess
import tempfile
import time

from lifecycle_cases import command
from support import expect


def shell(bulkhead, script, *flags, code=0, **options):
    """Runs a script in a busybox container and gives what it printed."""
    result = bulkhead.run("--rm", *flags, "busybox", "sh", "-c", script, check_code=code, **options)
    return result.stdout.decode()


def expect_lines(output, expected):
    lines = output.splitlines()
    expect(lines == expected, f"printed {lines}, expected {expected}")


def exit_codes(bulkhead):
    """The container's own code, and docker's for what could not be started."""
    shell(bulkhead, "exit 42", code=42)
    result = bulkhead.run("--rm", "busybox", "no-such-program", check_code=127)
    expect(b"no-such-program" in result.stderr, f"stderr: {result.stderr!r}")
    result = bulkhead.run("--rm", "busybox", "/etc", check_code=126)
    expect(result.stderr != b"", "no message for a directory that was to be executed")
    result = bulkhead.run("--rm", "-u", "nobody-here", "busybox", "true", check_code=125)
    expect(b"nobody-here" in result.stderr, f"stderr: {result.stderr!r}")
    shell(bulkhead, "sh -c 'kill -KILL $$'; exit $?", code=137)


def process_settings(bulkhead):
    """Environment, directory, user, host name, entrypoint, limits."""
    with tempfile.NamedTemporaryFile("w", suffix=".env") as file:
        file.write("# comment\nFROM_FILE=1\nBOTH=file\n")
        file.flush()
        output = shell(bulkhead,
                       'echo "$FROM_FILE $BOTH $FLAG"; pwd; id -u; id -g; hostname; echo "$HOSTNAME"; ulimit -n;'
                       ' ulimit -Hn; cat /etc/hostname; grep -c box /etc/hosts',
                       "--env-file", file.name, "-e", "BOTH=flag", "-e", "FLAG=a b", "-w", "/usr", "-u", "12:34",
                       "--hostname", "box", "--ulimit", "nofile=100:200")
    expect_lines(output, ["1 flag a b", "/usr", "12", "34", "box", "box", "100", "200", "box", "1"])
    result = bulkhead.run("--rm", "--entrypoint", "/bin/echo", "busybox", "one", "two", check_code=0)
    expect(result.stdout == b"one two\n", f"printed {result.stdout!r}")
    output = shell(bulkhead, "grep -c . /proc/cpuinfo >/dev/null; nproc; cat /sys/fs/cgroup/cpu.max", "--cpus", "1.5")
    expect_lines(output, ["2", "150000 100000"])


def streams(bulkhead):
    """Standard input is closed without -i; output and error keep apart; a reader that leaves is noticed."""
    expect_lines(shell(bulkhead, "wc -c"), ["0"])
    with tempfile.TemporaryFile() as file:
        file.write(b"from a file\n" * 1000)
        file.seek(0)
        expect_lines(shell(bulkhead, "wc -c", "-i", stdin=file), ["12000"])
    result = bulkhead.run("--rm", "busybox", "sh", "-c", "echo out; echo err >&2", check_code=0)
    expect((result.stdout, result.stderr) == (b"out\n", b"err\n"), f"got {result.stdout!r} and {result.stderr!r}")
    # The end of our input ends one direction only: what comes after it still arrives.
    with bulkhead.start("--rm", "-i", "busybox", "sh", "-c", "cat; echo after", stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE) as process:
        output, _ = process.communicate(b"x\n")
    expect((process.returncode, output) == (0, b"x\nafter\n"), f"{process.returncode}: {output!r}")
    with bulkhead.start("--rm", "busybox", "yes", stdout=subprocess.PIPE) as process:
        process.stdout.read(100)
        process.stdout.close()
        code = process.wait()
    expect(code == 141 or code == 1, f"yes into a closed pipe ended with {code}")


def filesystem(bulkhead):
    """The root can be written or not, and tmpfs mounts are what they are told."""
    expect_lines(shell(bulkhead, "echo x > /file && cat /file; awk '$2 == \"/\" {print $3}' /proc/mounts"), ["x", "overlay"])
    expect_lines(shell(bulkhead, "touch /file 2>/dev/null || echo no; touch /tmp/f && echo yes",
                       "--read-only", "--tmpfs", "/tmp:size=1m,mode=1777"), ["no", "yes"])
    expect_lines(shell(bulkhead, "head -c 2m /dev/zero > /tmp/big 2>/dev/null; wc -c < /tmp/big;"
                                 " grep ' /tmp ' /proc/mounts | grep -o noexec",
                       "--tmpfs", "/tmp:size=1m"), ["1048576", "noexec"])
    output = shell(bulkhead, "head -c 200m /dev/zero > /big || echo full; rm /big; sync; echo x > /y && echo room",
                   "--disk-size", "100m")
    expect_lines(output, ["full", "room"])


def status_field(status, name):
    return next(line.split()[1] for line in status.splitlines() if line.startswith(name + ":"))


def confinement(bulkhead):
    """Capabilities, seccomp, no_new_privs, hidden paths."""
    status = shell(bulkhead, "cat /proc/self/status")
    expect(status_field(status, "CapEff") == "00000000a80425fb", f"CapEff {status_field(status, 'CapEff')}")
    expect(status_field(status, "CapBnd") == "00000000a80425fb", f"CapBnd {status_field(status, 'CapBnd')}")
    expect(status_field(status, "Seccomp") == "2", "no seccomp filter")
    expect(status_field(status, "NoNewPrivs") == "0", "no_new_privs without being asked")
    status = shell(bulkhead, "cat /proc/self/status", "--cap-drop", "ALL", "--cap-add", "KILL", "--security-opt",
                   "no-new-privileges", "--security-opt", "seccomp=unconfined")
    expect(status_field(status, "CapEff") == "0000000000000020", f"CapEff {status_field(status, 'CapEff')}")
    expect(status_field(status, "Seccomp") == "0", "a filter although unconfined")
    expect(status_field(status, "NoNewPrivs") == "1", "no_new_privs was asked for")
    output = shell(bulkhead, "mount -t tmpfs t /mnt 2>/dev/null || echo no mount; "
                             "cat /proc/kcore 2>/dev/null | head -c 1 | wc -c; "
                             "echo 1 2>/dev/null > /proc/sys/kernel/panic || echo no sysctl")
    expect_lines(output, ["no mount", "0", "no sysctl"])


def memory(bulkhead):
    """-m bounds the container, and its end by it is told."""
    expect_lines(shell(bulkhead, "cat /sys/fs/cgroup/memory.max", "-m", "32m"), [str(32 << 20)])
    result = bulkhead.run("--rm", "-m", "32m", "busybox", "sh", "-c",
                          "text=1234567890123456; while :; do text=$text$text; done", check_code=137)
    expect(b"out of memory" in result.stderr, f"stderr: {result.stderr!r}")


def private_mib(pid):
    """What a monitor has of memory that no file is behind: its guest's, but for what is as in a template."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon:")) // 1024


def memory_given_back(bulkhead):
    """What a container has used and freed goes back to the host, whatever its machine started from."""
    for template in ("never", "machine", "image", "image"):
        command(bulkhead, "run", "-d", "--name", "user", "--template", template, "-m", "384m", "--shm-size", "256m", "busybox", "sleep", "100000")
        pid = command(bulkhead, "inspect", "-f", "{{.State.Pid}}", "user").strip()
        before = private_mib(pid)
        command(bulkhead, "exec", "user", "dd", "if=/dev/zero", "of=/dev/shm/file", "bs=1M", "count=200")
        used = private_mib(pid)
        expect(used - before >= 190, f"{template}: {before} MiB before, {used} MiB with 200 MiB in use")
        command(bulkhead, "exec", "user", "rm", "/dev/shm/file")
        begin = time.monotonic()
        while used - private_mib(pid) < 150:
            time.sleep(0.1)
        print(f"{template}: {before} MiB, in use {used} MiB, {private_mib(pid)} MiB {time.monotonic() - begin:.1f} s after it was freed")
        command(bulkhead, "rm", "-f", "user")
