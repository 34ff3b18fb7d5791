#!/usr/bin/env python3
"""What "the main job works" means, run as a user runs it. One case for each ctest entry.

  acceptance.py CASE --build build/release
"""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time

from case_main import case_main
from support import Bulkhead, Footprint, expect, parent_of

BLOCK = os.urandom(1 << 20)  # sent again and again: making a gigabyte of noise would measure the noise
STDIO_MIB = int(os.environ.get("BULKHEAD_TEST_STDIO_MIB", "256"))
REPEATED_RUNS = int(os.environ.get("BULKHEAD_TEST_RUNS", "5"))

PTHREAD_PROGRAM = r"""
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static pthread_barrier_t barrier;
static void* work(void* slot) {
    pthread_barrier_wait(&barrier);
    unsigned long sum = 0;
    for (unsigned long i = 0; i < 100000; ++i) sum += i;
    *(unsigned long*)slot = sum;
    return NULL;
}
int main(void) {
    pthread_t threads[4];
    unsigned long sums[4] = {0};
    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, work, &sums[i]);
    unsigned long total = 0;
    for (int i = 0; i < 4; ++i) { pthread_join(threads[i], NULL); total += sums[i]; }
    printf("cpus %ld total %lu\n", sysconf(_SC_NPROCESSORS_ONLN), total);
    return 0;
}
"""


def debian_programs(bulkhead):
    """A real distribution: its package manager, an interpreter, a compiler, threads on four CPUs."""
    result = bulkhead.run("--rm", "-m", "1g", "debian", "apt-get", "--version", check_code=0)
    expect(result.stdout.startswith(b"apt "), f"apt-get --version printed {result.stdout!r}")
    result = bulkhead.run("--rm", "-m", "1g", "debian", "python3", "-c", "import os; print(6 * 7, os.getpid())",
                          check_code=0)
    expect(result.stdout == b"42 1\n", f"python3 printed {result.stdout!r}")
    script = "cat > /tmp/t.c && gcc -pthread -o /tmp/t /tmp/t.c && /tmp/t"
    with subprocess.Popen(bulkhead.command("run", "--rm", "-i", "-m", "1g", "--cpus", "4", "debian", "sh", "-c", script),
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        output, errors = process.communicate(PTHREAD_PROGRAM.encode())
    expect(process.returncode == 0, f"gcc and its program: {process.returncode} {errors.decode(errors='replace')}")
    expect(output == b"cpus 4 total 19999800000\n", f"the threads printed {output!r}")


def debian_disk(bulkhead):
    """200 MB written to the root disk, synced, read back from the disk itself, with the right checksum."""
    script = ("import hashlib, os\n"
              "block = os.urandom(1 << 20); written = hashlib.md5()\n"
              "file = os.open('/data', os.O_RDWR | os.O_CREAT)\n"
              "for _ in range(200): os.write(file, block); written.update(block)\n"
              "os.fsync(file); os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED); os.lseek(file, 0, 0)\n"
              "back = hashlib.md5()\n"
              "while chunk := os.read(file, 1 << 20): back.update(chunk)\n"
              "print(os.fstat(file).st_size, written.hexdigest() == back.hexdigest())\n")
    result = bulkhead.run("--rm", "-m", "512m", "debian", "python3", "-c", script, check_code=0)
    expect(result.stdout == f"{200 << 20} True\n".encode(), f"printed {result.stdout!r}")


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["RssAnon"].split()[0])


def stdio_volume(bulkhead):
    """Everything sent to stdin comes back on stdout, and the programs on the way do not grow."""
    sent, received = hashlib.md5(), hashlib.md5()
    with bulkhead.start("--rm", "-i", "-m", "128m", "busybox", "cat", stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE) as process:
        def send():
            for _ in range(STDIO_MIB):
                process.stdin.write(BLOCK)
                sent.update(BLOCK)
            process.stdin.close()
        sender = threading.Thread(target=send)
        sender.start()
        total, early = 0, None
        while chunk := process.stdout.read1(1 << 20):
            received.update(chunk)
            total += len(chunk)
            if early is None and total > min(STDIO_MIB // 4, 64) << 20:
                early = resident_kib(process.pid)
            if total < (STDIO_MIB << 20):
                late = resident_kib(process.pid)
        sender.join()
    expect(process.returncode == 0, f"exit code {process.returncode}")
    expect(total == STDIO_MIB << 20, f"{total} bytes came back of {STDIO_MIB} MiB")
    expect(sent.digest() == received.digest(), "the bytes that came back differ")
    expect(late - early < 256, f"bulkhead grew from {early} to {late} KiB")


def repeated_runs(bulkhead):
    """Run after run, each exits 0 and leaves nothing."""
    bulkhead.run("--rm", "busybox", "true", check_code=0)  # makes what is made once
    before = Footprint(bulkhead)
    for _ in range(REPEATED_RUNS):
        bulkhead.run("--rm", "busybox", "true", check_code=0)
    Footprint(bulkhead).expect_same(before, f"{REPEATED_RUNS} runs")


def start_sleeping(bulkhead, *options):
    process = bulkhead.start("--rm", *options, "busybox", "sh", "-c", "echo started; sleep 10000",
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    line = process.stdout.readline()
    expect(line == b"started\n", f"the container printed {line!r}: {process.stderr.read() if not line else ''}")
    return process


def guest_panic(bulkhead):
    """A guest kernel that panics ends its VM: 125, and the console's tail says why."""
    before = Footprint(bulkhead)
    # The container's /proc/sysrq-trigger is read-only, as docker's; with SYS_ADMIN it can mount its own.
    script = "mkdir -p /tmp/p && mount -t proc proc /tmp/p && echo c > /tmp/p/sysrq-trigger; sleep 100"
    result = bulkhead.run("--rm", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "busybox",
                          "sh", "-c", script, check_code=125)
    expect(b"panic" in result.stderr, f"stderr: {result.stderr!r}")
    expect(b"Kernel panic - not syncing" in result.stderr, f"no console tail in {result.stderr!r}")
    Footprint(bulkhead).expect_same(before, "a guest panic")


def only_monitor(bulkhead):
    monitors = bulkhead.monitors()
    expect(len(monitors) == 1, f"monitors: {monitors}")
    return monitors[0]


def killed_monitor(bulkhead):
    """kill -9 of the monitor: bulkhead returns at once, says so, and leaves nothing."""
    before = Footprint(bulkhead)
    process = start_sleeping(bulkhead)
    os.kill(only_monitor(bulkhead), signal.SIGKILL)
    _, errors = process.communicate()
    expect(process.returncode == 125, f"exit code {process.returncode}")
    expect(b"kill" in errors.lower(), f"stderr: {errors!r}")
    Footprint(bulkhead).expect_same(before, "a killed monitor")


def killed_cli(bulkhead):
    """kill -9 of bulkhead itself: the container goes on, is listed, and ends when it is told to."""
    before = Footprint(bulkhead)
    process = start_sleeping(bulkhead, "--name", "orphan")
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()
    listed = subprocess.run(bulkhead.command("ps"), check=True, stdout=subprocess.PIPE).stdout
    expect(b"orphan" in listed, f"ps: {listed!r}")
    subprocess.run(bulkhead.command("stop", "-t", "0", "orphan"), check=True, stdout=subprocess.DEVNULL)
    Footprint(bulkhead).expect_same(before, "a killed bulkhead")


def killed_supervisor(bulkhead):
    """kill -9 of the supervisor: its VM ends, the container is never called running, and can go."""
    before = Footprint(bulkhead)
    process = start_sleeping(bulkhead)
    monitor = only_monitor(bulkhead)
    os.kill(parent_of(monitor), signal.SIGKILL)
    _, errors = process.communicate()
    expect(process.returncode == 125, f"exit code {process.returncode}")
    expect(b"the container's supervisor is gone" in errors, f"stderr: {errors!r}")
    while os.path.exists(f"/proc/{monitor}"):
        time.sleep(0.01)
    subprocess.run(bulkhead.command("ps", "-a"), check=True, stdout=subprocess.DEVNULL)
    Footprint(bulkhead).expect_same(before, "a killed supervisor")


CASES = (debian_programs, debian_disk, stdio_volume, repeated_runs, guest_panic, killed_monitor, killed_cli,
         killed_supervisor)


if __name__ == "__main__":
    sys.exit(case_main(__doc__, CASES, "--build", lambda case, build: case(Bulkhead(build))))
