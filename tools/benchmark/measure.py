"""The measuring half of tools/bench: runs on a host with a usable /dev/kvm, as root."""

import argparse
import json
import os
import shutil
import sys
import tempfile

import groups
import programs
import qemu
import report
import trace_steps

MAKERS = {
    "bulkhead-cold": lambda staged, directory: programs.Bulkhead(staged, directory, "never"),
    "bulkhead-template": lambda staged, directory: programs.Bulkhead(staged, directory, "machine"),
    "bulkhead-warm": lambda staged, directory: programs.Bulkhead(staged, directory, "image"),
    "crun": lambda staged, directory: programs.OciRuntime("crun", staged, directory),
    "runc": lambda staged, directory: programs.OciRuntime("runc", staged, directory),
    "qemu-microvm": qemu.QemuMicrovm,
}


def stage(build, directory):
    """Copies what is measured to a tmpfs, so that no row pays for a network file system's first read."""
    staged = os.path.join(directory, "bulkhead")
    shutil.copytree(os.path.join(build, "bin"), os.path.join(staged, "bin"),
                    ignore=lambda _, names: [n for n in names if not n.startswith("bulkhead")])
    shutil.copytree(os.path.join(build, "share"), os.path.join(staged, "share"), symlinks=False)
    return staged


def make_programs(names, staged, directory):
    """{name: program}, each of which has been run once: that fills caches, and is not counted."""
    made = {}
    for name in (name for name in MAKERS if name in names):
        made[name] = MAKERS[name](staged, directory)
        groups.start(made[name])
    return made


def measure_group(name, made, runs, samples):
    """Every program once in each round, so that a slow moment of the host hits them all alike."""
    group = groups.GROUPS[name]
    rounds = group.rounds(runs)
    for number in range(rounds):
        for program in group.programs:
            print(f"bench: {name}, round {number + 1} of {rounds}: {program}", file=sys.stderr)
            for metric, value in group.measure(made[program]).items():
                samples.setdefault((program, metric), []).append(value)


def write(results, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)


def measure_rows(arguments, staged, directory):
    """The results, which are written after each group, too: what comes later may fail."""
    chosen = arguments.rows.split(",")
    made = make_programs({name for row in chosen for name in groups.GROUPS[row].programs}, staged, directory)
    samples = {}
    for name in (name for name in groups.GROUPS if name in chosen):
        measure_group(name, made, arguments.runs, samples)
        results = report.summarise(samples, instructions=arguments.instructions)
        write(results, arguments.output)
    return results


def measure(arguments, directory):
    staged = stage(arguments.build, directory)
    if arguments.trace:
        made = make_programs(("bulkhead-cold", "bulkhead-template", "bulkhead-warm"), staged, directory)
        return trace_steps.measure(made.values(), arguments.runs, arguments.instructions)
    return measure_rows(arguments, staged, directory)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--rows", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--trace", action="store_true")
    arguments = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="bench.", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    try:
        results = measure(arguments, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    write(results, arguments.output)
    print(trace_steps.as_table(results) if arguments.trace else report.as_table(results))


if __name__ == "__main__":
    main()
