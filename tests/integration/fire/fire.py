#!/usr/bin/env python3
"""A container's life under fire: kills at every stage, hanging parts, full disks, many commands at once. After each
case the status is right, nothing hangs and nothing is left. One case for each ctest entry.

  fire.py CASE --build build/release

How much is done follows BULKHEAD_TEST_SCALE (default 1; tools/soak sets more).
"""

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
from case_main import case_main, leaving_nothing  # noqa: E402

CASES = (
    death_cases.killed_at_every_stage, death_cases.stopped_supervisor, death_cases.wedged_guest,
    death_cases.agent_and_kernel,
    place_cases.full_state_disk, place_cases.read_only_state, place_cases.clock_jumps,
    crowd_cases.many_at_once, crowd_cases.many_execs, crowd_cases.much_output,
    crowd_cases.many_clones)


def scaled(case, build):
    leaving_nothing(case, build, int(os.environ.get("BULKHEAD_TEST_SCALE", "1")))


if __name__ == "__main__":
    sys.exit(case_main(__doc__, CASES, "--build", scaled))
