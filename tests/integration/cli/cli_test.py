#!/usr/bin/env python3
"""Images, lists, prunes and completion as a user meets them, without any guest. One case for each ctest entry.

  cli_test.py CASE --program build/release/bin/bulkhead
"""

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "acceptance"))

import image_cases  # noqa: E402
import list_cases  # noqa: E402
import shell_cases  # noqa: E402
from case_main import case_main  # noqa: E402
from program import Program  # noqa: E402

CASES = (
    image_cases.round_trip, image_cases.other_tools, image_cases.removing, image_cases.pruning, image_cases.pruning_beside_runs, image_cases.disk_use,
    image_cases.events,
    list_cases.lists, list_cases.inspecting,
    shell_cases.completing, shell_cases.manual, shell_cases.groups)


def in_own_folder(case, program):
    with tempfile.TemporaryDirectory(prefix="bulkhead-cli.") as folder:
        case(Program(program, folder))


if __name__ == "__main__":
    sys.exit(case_main(__doc__, CASES, "--program", in_own_folder))
