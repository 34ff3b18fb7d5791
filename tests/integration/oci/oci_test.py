#!/usr/bin/env python3
"""The OCI runtime spec, seen from inside: checks after the spec's own validation suite, in few guests.

  oci_test.py --build build/release [--only GUEST] [--oracle crun] [--table docs/oci-validation.md]

Each guest is a bundle with many settings, and a script with a probe for each. Fails when a check does not hold, or
when the table in the documentation does not say what this run found. --oracle runs the same bundles with another
runtime and shows where it differs. To write the table anew: --print.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "acceptance")]

import linux_checks  # noqa: E402
import process_checks  # noqa: E402
import resource_checks  # noqa: E402
from check import Row, outputs_of, script_of  # noqa: E402
from life_checks import life  # noqa: E402
from support import Bulkhead  # noqa: E402

GUESTS = [process_checks.PLAIN, process_checks.PROCESS_SETTINGS, linux_checks.PATHS, linux_checks.SECCOMP,
          linux_checks.USER_NAMESPACE, linux_checks.TIME, linux_checks.FEW_NAMESPACES, resource_checks.RESOURCES,
          resource_checks.HOOK_ORDER]
REFUSALS = process_checks.REFUSALS + linux_checks.REFUSALS + resource_checks.REFUSALS


def make_root(root):
    """busybox with its applets, and what the checks look at."""
    busybox = shutil.which("busybox")
    os.makedirs(os.path.join(root, "bin"))
    shutil.copy(busybox, os.path.join(root, "bin", "busybox"))
    for applet in subprocess.run([busybox, "--list"], stdout=subprocess.PIPE, check=True, text=True).stdout.split():
        if applet != "busybox":
            os.symlink("busybox", os.path.join(root, "bin", applet))
    for folder in ("masked/dir", "readonly/dir", "work"):
        os.makedirs(os.path.join(root, folder))
    for name in ("masked/file", "masked/dir/inside"):
        pathlib.Path(root, name).write_text("to be hidden", encoding="utf-8")


def make_bundle(folder, change):
    """The base config (crun's example, without a terminal) over that root, changed."""
    bundle = tempfile.mkdtemp(dir=folder)
    make_root(os.path.join(bundle, "rootfs"))
    with open(HERE / "base_config.json", encoding="utf-8") as file:
        config = json.load(file)
    change(config)
    return bundle, config


def save(bundle, config):
    with open(os.path.join(bundle, "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)


def run_guest(bulkhead, guest, folder):
    bundle, config = make_bundle(folder, guest.change)
    config["process"]["args"] = ["sh", "-c", script_of(guest.checks)]
    save(bundle, config)
    result = bulkhead.run("--rm", "--config", bundle)
    outputs = outputs_of(result.stdout.decode(errors="replace"), len(guest.checks))
    failed = f" (exit code {result.returncode}, {result.stderr[-500:].decode(errors='replace')})"
    return bundle, [Row(check.name, check.section, output == check.expected,
                        "" if output == check.expected else f"{output!r}, expected {check.expected!r}"
                        + (failed if result.returncode != guest.exit_code else ""))
                    for check, output in zip(guest.checks, outputs)]


def ask_oracle(program, bundle, guest, rows):
    """Says where another runtime gives another answer."""
    result = subprocess.run([program, "run", "--bundle", bundle, "validation"], stdin=subprocess.DEVNULL,
                            capture_output=True, check=False)
    outputs = outputs_of(result.stdout.decode(errors="replace"), len(guest.checks))
    print(f"{guest.name}: {program} {result.returncode} {result.stderr[-300:].decode(errors='replace')}")
    for check, output, row in zip(guest.checks, outputs, rows):
        if output != check.expected:
            print(f"  {check.name}: {program} says {output!r}, expected {check.expected!r}, we {row.passed}")


def run_refusal(bulkhead, refusal, folder):
    bundle, config = make_bundle(folder, refusal.change)
    save(bundle, config)
    result = bulkhead.run("--rm", "--config", bundle)
    shutil.rmtree(bundle)
    said = result.stderr.decode(errors="replace")
    passed = result.returncode == 125 and refusal.message in said
    return Row(refusal.name, refusal.section, passed, "" if passed else f"exit code {result.returncode}: {said}")


def table_of(rows, refused):
    """The page's rows, in the order of the checks."""
    lines = ["| check | section of the spec | result |", "| --- | --- | --- |"]
    for row in rows:
        result = "failed" if not row.passed else "refused, with its path" if row.name in refused else "holds"
        lines.append(f"| `{row.name}` | {row.section} | {result} |")
    return "\n".join(lines) + "\n"


def compare(path, table):
    """Whether the page has exactly these rows."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return table in text


def run_all(bulkhead, arguments, folder):
    rows = []
    for guest in GUESTS:
        if arguments.only in (None, guest.name):
            bundle, found = run_guest(bulkhead, guest, folder)
            print(f"{guest.name}: {sum(row.passed for row in found)} of {len(found)}", flush=True)
            rows += found
            if arguments.oracle:
                ask_oracle(arguments.oracle, bundle, guest, found)
            shutil.rmtree(bundle)
    if arguments.only in (None, "life"):
        rows += life(bulkhead, lambda change: make_bundle(folder, change), save)
    if arguments.only in (None, "refusals"):
        rows += [run_refusal(bulkhead, each, folder) for each in REFUSALS]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--only")
    parser.add_argument("--oracle")
    parser.add_argument("--table")
    parser.add_argument("--print", action="store_true")
    arguments = parser.parse_args()
    bulkhead = Bulkhead(os.path.abspath(arguments.build))
    with tempfile.TemporaryDirectory(prefix="oci.") as folder:
        rows = run_all(bulkhead, arguments, folder)
    failed = [row for row in rows if not row.passed]
    for row in failed:
        print(f"FAILED {row.name}: {row.detail}", file=sys.stderr)
    table = table_of(rows, {each.name for each in REFUSALS})
    if arguments.print:
        print(table)
    print(f"{len(rows) - len(failed)} of {len(rows)} checks hold")
    if arguments.table and not compare(arguments.table, table):
        print(f"{arguments.table} does not have this table: write it anew with --print", file=sys.stderr)
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
