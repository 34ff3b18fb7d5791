#!/usr/bin/env python3
"""The same command lines for podman and for bulkhead: exit code, output, and what kind of message came.

  oracle.py GROUP --build build/release [--table docs/oracle.md] [--print] [--verbose]

Fails when an answer differs for which no reason is given, when a reason is given for nothing, and when the table in
the documentation does not have this group's rows as this run found them (write it anew from what --print says).
"""

import argparse
import os
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "acceptance")]

import container_rows  # noqa: E402
import create_rows  # noqa: E402
import exec_rows  # noqa: E402
import image_rows  # noqa: E402
import run_rows  # noqa: E402
import usage_rows  # noqa: E402
from engines import close_podman, ours, podman  # noqa: E402
from row import Compared  # noqa: E402
from support import Bulkhead, Failure, Footprint  # noqa: E402

GROUPS = {"run": run_rows.ROWS, "exec": exec_rows.ROWS, "containers": container_rows.ROWS, "create": create_rows.ROWS,
          "images": image_rows.ROWS, "usage": usage_rows.ROWS}


def show(compared):
    print(f"{compared.row.line}")
    for name, answer in (("podman", compared.theirs), ("bulkhead", compared.ours)):
        print(f"  {name}: {answer.code} {answer.out!r} [{answer.kind}] {answer.raw!r}", flush=True)


def compare_all(rows, theirs, mine, verbose):
    found = []
    for row in rows:
        compared = Compared(row, theirs.ask(row), mine.ask(row))
        if verbose or compared.problem():
            show(compared)
        found.append(compared)
    return found


def in_place(folder):
    """The rows name files: they are here, the same for both."""
    files = {"env": "FROM_FILE=1\n# no\nBOTH=file\n", "labels": "a=1\nb\n", "cid": "taken", "text": "copied\n"}
    for name, text in files.items():
        pathlib.Path(folder, name).write_text(text, encoding="utf-8")
    os.chdir(folder)


def run(arguments, folder):
    bulkhead = Bulkhead(os.path.abspath(arguments.build))
    image = os.path.abspath(os.path.join(arguments.build, "..", "images", "busybox"))
    table = arguments.table and pathlib.Path(arguments.table).resolve()
    theirs, mine = podman(folder, image), ours(bulkhead, folder, image)
    in_place(folder)
    before = Footprint(bulkhead)
    found = compare_all(GROUPS[arguments.group], theirs, mine, arguments.verbose)
    close_podman(folder)
    code = report(found, table, arguments.print)
    Footprint(bulkhead).expect_same(before, arguments.group)
    return code


def report(found, table, print_table):
    lines = "".join(each.table_line() + "\n" for each in found if each.row.listed)
    if print_table:
        print(lines)
    problems = [f"{each.row.line}: {each.problem()}" for each in found if each.problem()]
    for problem in problems:
        print(problem, file=sys.stderr)
    same = sum(not each.differing() for each in found)
    print(f"{len(found)} command lines: {same} the same, {len(found) - same} differ, {len(problems)} without a reason")
    if not problems and table and lines not in table.read_text(encoding="utf-8"):
        print(f"{table} does not have these rows: write them anew with --print", file=sys.stderr)
        return 1
    return 1 if problems else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("--build", required=True)
    parser.add_argument("--table")
    parser.add_argument("--print", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    # A tmpfs: podman's storage needs a file system that an overlay may have its upper directory on.
    folder = tempfile.mkdtemp(dir="/run", prefix="oracle.")
    try:
        return run(arguments, folder)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        os.chdir("/")
        close_podman(folder)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
