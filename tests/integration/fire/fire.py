#!/usr/bin/env python3
"""A container's life under fire: kills at every stage, hanging parts, full disks, many commands at once. After each
case the status is right, nothing hangs and nothing is left. One case for each ctest entry.

  fire.py CASE --build build/release

How much is done follows BULKHEAD_TEST_SCALE (default 1; tools/soak sets more).
"""

import argparse
import os
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
for folder in ("acceptance", "run"):
    sys.path.insert(0, str(HERE.parent / folder))

import crowd_cases  # noqa: E402
import death_cases  # noqa: E402
import place_cases  # noqa: E402
from support import Bulkhead, Failure, Footprint  # noqa: E402

CASES = {case.__name__: case for case in (
    death_cases.killed_at_every_stage, death_cases.stopped_supervisor, death_cases.wedged_guest,
    death_cases.agent_and_kernel,
    place_cases.full_state_disk, place_cases.read_only_state, place_cases.clock_jumps,
    crowd_cases.many_at_once, crowd_cases.many_execs, crowd_cases.much_output)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    try:
        bulkhead = Bulkhead(os.path.abspath(arguments.build))
        bulkhead.run("--rm", "busybox", "true", check_code=0)  # makes what is made once
        before = Footprint(bulkhead)
        CASES[arguments.case](bulkhead, int(os.environ.get("BULKHEAD_TEST_SCALE", "1")))
        Footprint(bulkhead).expect_same(before, arguments.case)
    except Failure as failure:
        print(f"{arguments.case}: {failure}", file=sys.stderr)
        return 1
    print(f"{arguments.case}: as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
