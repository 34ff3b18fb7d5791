"""What is measured of each program: a group of metrics for each --rows word."""

import statistics
import sys
import time

import timing

CREATIONS = 5
DISK_MIB = 64
STREAM_MIB = 32
IDLE_MACHINES = 10
REST_SECONDS = 0.5
SETTLE_SECONDS = 5
IDLE_SECONDS = 20


def start(program):
    """After a rest: what the last program left to be taken apart when its command had ended is not this one's. Rates count that."""
    time.sleep(REST_SECONDS)
    first, whole = timing.run_and_time(program.command())
    return {"first_byte": first, "whole": whole}


def memory(program):
    return program.measure_memory()


def percentile(values, percent):
    """By nearest rank: with fewer than 100 values the 99th percentile is the slowest one."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def at_once(count):
    def measure(program):
        whole, together, failures = timing.run_at_once([program.command() for _ in range(count)])
        for failure in failures:
            print(f"bench: {program.name}, {count} at once: {failure}", file=sys.stderr)
        good = [value for value in whole if value is not None]
        if not good:
            raise RuntimeError(f"{program.name}: none of {count} starts at once succeeded")
        return {f"at_once_{count}_per_second": len(good) * 1000 / together,
                f"at_once_{count}_whole_p50": statistics.median(good),
                f"at_once_{count}_whole_p99": percentile(good, 99),
                f"at_once_{count}_failures": len(failures)}
    return measure


def sequence(program):
    begin = time.monotonic()
    for _ in range(CREATIONS):
        program.create_start_remove()
    return {"create_start_remove_per_second": CREATIONS / (time.monotonic() - begin)}


def disk(program):
    return program.disk(DISK_MIB)


def stream(program):
    return program.stream(STREAM_MIB)


def idle(program):
    """Microseconds of processor time in a second, of one machine's processes; of a container's the supervisor apart, too."""
    with program.idle(IDLE_MACHINES) as machines:
        time.sleep(SETTLE_SECONDS)
        begin = time.monotonic()
        before = [[timing.processor_ns(pid) for pid in machine] for machine in machines]
        time.sleep(IDLE_SECONDS)
        after = [[timing.processor_ns(pid) for pid in machine] for machine in machines]
        taken = time.monotonic() - begin
    # One number for each kind of process: its own machines' mean.
    kinds = [sum(late - early for late, early in zip(*pair)) / 1000 / taken / len(machines)
             for pair in zip(zip(*after), zip(*before))]
    metrics = {"idle_processor_us_per_second": sum(kinds)}
    if len(kinds) > 1:
        metrics["idle_supervisor_us_per_second"] = kinds[1]
    return metrics


class Group:
    def __init__(self, measure, programs, share=1):
        self.measure = measure
        self.programs = programs
        self.share = share  # of the runs that were asked for

    def rounds(self, runs):
        return max(1, round(runs * self.share))


CONTAINERS = ("bulkhead-warm", "bulkhead-template", "crun", "runc")
# In the order in which they are measured. What takes long is measured less often.
GROUPS = {
    "start": Group(start, ("bulkhead-cold", *CONTAINERS, "qemu-microvm")),
    "memory": Group(memory, ("bulkhead-cold", "bulkhead-template", "bulkhead-warm", "qemu-microvm"), share=0),
    "sequence": Group(sequence, CONTAINERS),
    "at_once_8": Group(at_once(8), (*CONTAINERS, "qemu-microvm"), share=0.6),
    "at_once_32": Group(at_once(32), (*CONTAINERS, "qemu-microvm"), share=0.6),
    "disk": Group(disk, ("bulkhead-template", "qemu-microvm"), share=0.6),
    "stream": Group(stream, ("bulkhead-template", "crun", "qemu-microvm"), share=0.6),
    "idle": Group(idle, ("bulkhead-template", "qemu-microvm"), share=0.4),
}
