"""Running commands and reading what their processes use."""

import os
import subprocess
import time

MARK = b"hi"


class CommandFailed(RuntimeError):
    """A command did not do what is measured."""

    def __init__(self, command, code, output, errors):
        super().__init__(f"{' '.join(command)}: exit code {code}\n{output.decode(errors='replace')}"
                         f"{errors.decode(errors='replace')}")


def run_and_time(command, mark=MARK, stdin=subprocess.DEVNULL):
    """Gives (milliseconds to the first output that is ours, milliseconds to the end)."""
    start = time.monotonic()
    with subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        output = b""
        first = None
        while chunk := os.read(process.stdout.fileno(), 65536):
            output += chunk
            if first is None and mark in output:
                first = time.monotonic()
        errors = process.stderr.read()
        code = process.wait()
    end = time.monotonic()
    if first is None or code != 0:
        raise CommandFailed(command, code, output, errors)
    return (first - start) * 1000, (end - start) * 1000


def run_at_once(commands):
    """Starts them all without waiting. Gives each one's milliseconds (None: it failed), those of all together, and the
    failures' messages. What they print has to fit into a pipe."""
    begin = time.monotonic()
    running, ends = {}, {}
    for command in commands:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        running[process.pid] = (process, start)
    while len(ends) < len(running):
        pid, status = os.wait()
        if pid in running:
            ends[pid] = (time.monotonic(), os.waitstatus_to_exitcode(status))
    whole, failures = [], []
    for pid, (process, start) in running.items():
        end, code = ends[pid]
        process.returncode = code
        output, errors = process.stdout.read(), process.stderr.read()
        process.stdout.close()
        process.stderr.close()
        good = code == 0 and MARK in output
        whole.append((end - start) * 1000 if good else None)
        if not good:
            failures.append(str(CommandFailed(process.args, code, output, errors)))
    return whole, (max(end for end, _ in ends.values()) - begin) * 1000, failures


def stream_rate(read, total):
    """MiB a second from the first bytes to the last; what came with the first ones does not count."""
    received = first = len(read())
    start = time.monotonic()
    while chunk := read():
        received += len(chunk)
    taken = time.monotonic() - start
    if received != total:
        raise RuntimeError(f"a stream of {received} bytes, not {total}")
    return (received - first) / (1 << 20) / taken


def private_kib(pid, is_guest=lambda mapping: False):
    """Private_* of a process's own mappings, and of those that are guest RAM, in KiB. With a second process of the same
    program the pages of the program's file are not private, so this is what each further one costs."""
    own, guest, mapping = 0, 0, {}
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as file:
        for line in file:
            field, _, value = line.partition(":")
            if "-" in field and " " in field:
                mapping = {}
                continue
            mapping[field] = value.split()
            if field != "VmFlags":  # the last line of a mapping
                continue
            private = sum(int(mapping[name][0]) for name in ("Private_Clean", "Private_Dirty"))
            if is_guest(mapping):
                guest += private
            else:
                own += private
    return own, guest


def processor_ns(pid):
    """Nanoseconds that the threads of a process have run, its guest's time included."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="utf-8") as file:
            total += int(file.read().split()[0])
    return total
