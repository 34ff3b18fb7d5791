#!/usr/bin/env python3
"""Images, lists, prunes and completion as a user meets them, without any guest. One case for each ctest entry.

  cli_test.py CASE --program build/release/bin/bulkhead
"""

import argparse
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "acceptance"))

import image_cases  # noqa: E402
import list_cases  # noqa: E402
import shell_cases  # noqa: E402
from program import Program  # noqa: E402
from support import Failure  # noqa: E402

CASES = {case.__name__: case for case in (
    image_cases.round_trip, image_cases.other_tools, image_cases.removing, image_cases.pruning, image_cases.pruning_beside_runs, image_cases.disk_use,
    image_cases.events,
    list_cases.lists, list_cases.inspecting,
    shell_cases.completing, shell_cases.manual, shell_cases.groups)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--program", required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bulkhead-cli.") as folder:
        try:
            CASES[arguments.case](Program(os.path.abspath(arguments.program), folder))
        except Failure as failure:
            print(f"{arguments.case}: {failure}", file=sys.stderr)
            return 1
    print(f"{arguments.case}: as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
