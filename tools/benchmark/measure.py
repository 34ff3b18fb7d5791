"""The measuring half of tools/bench: runs on a host with a usable /dev/kvm, as root."""

import argparse
import json
import os
import shutil
import sys
import tempfile

import report
import rows


def stage(build, directory):
    """Copies what is measured to a tmpfs, so that no row pays for a network file system's first read."""
    staged = os.path.join(directory, "bulkhead")
    shutil.copytree(os.path.join(build, "bin"), os.path.join(staged, "bin"),
                    ignore=lambda _, names: [n for n in names if not n.startswith("bulkhead")])
    shutil.copytree(os.path.join(build, "share"), os.path.join(staged, "share"), symlinks=False)
    return staged


def measure_all(measured_rows, runs):
    """Every row once in each round, so that a slow moment of the host hits them all alike."""
    samples = {}
    for row in measured_rows:
        row.run_once()  # not counted: fills caches
    for round_number in range(runs):
        for row in measured_rows:
            for metric, value in row.run_once().items():
                samples.setdefault((row.name, metric), []).append(value)
        print(f"bench: round {round_number + 1} of {runs}", file=sys.stderr)
    for row in measured_rows:
        for metric, value in row.measure_memory().items():
            samples.setdefault((row.name, metric), []).append(value)
    return samples


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--instructions", action="store_true")
    arguments = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="bench.", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    try:
        staged = stage(arguments.build, directory)
        measured_rows = rows.make_rows(staged, directory)
        samples = measure_all(measured_rows, arguments.runs)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    results = report.summarise(samples, instructions=arguments.instructions)
    with open(arguments.output, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
    print(report.as_table(results))


if __name__ == "__main__":
    main()
