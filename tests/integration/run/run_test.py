#!/usr/bin/env python3
"""`bulkhead run` as a user meets it. One case for each ctest entry; every case leaves nothing behind.

  run_test.py CASE --build build/release
"""

import argparse
import os
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "acceptance"))

import bundle_cases  # noqa: E402
import engine_cases  # noqa: E402
import failure_cases  # noqa: E402
import flag_cases  # noqa: E402
import files_cases  # noqa: E402
import lifecycle_cases  # noqa: E402
import list_cases  # noqa: E402
import policy_cases  # noqa: E402
import process_cases  # noqa: E402
import terminal_cases  # noqa: E402
from support import Bulkhead, Failure, Footprint  # noqa: E402

CASES = {case.__name__: case for case in (
    process_cases.exit_codes, process_cases.process_settings, process_cases.streams,
    process_cases.filesystem, process_cases.confinement, process_cases.memory,
    flag_cases.init, flag_cases.privileged, flag_cases.kernel_settings, flag_cases.names,
    bundle_cases.bundles,
    terminal_cases.terminal, terminal_cases.session, terminal_cases.signals,
    lifecycle_cases.containers, lifecycle_cases.observation,
    engine_cases.background, engine_cases.restarts, engine_cases.execs, engine_cases.attaching,
    engine_cases.crashes, list_cases.images_in_use,
    policy_cases.restart_policies, policy_cases.pausing, policy_cases.health, policy_cases.life_limits,
    policy_cases.events, policy_cases.changing,
    files_cases.copying, files_cases.large_copies, files_cases.hostile_copies, files_cases.stopped_copies,
    files_cases.commits, files_cases.exports, files_cases.usage,
    failure_cases.missing_kvm, failure_cases.failed_starts, failure_cases.disk_full)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    try:
        bulkhead = Bulkhead(os.path.abspath(arguments.build))
        bulkhead.run("--rm", "busybox", "true", check_code=0)  # makes what is made once
        before = Footprint(bulkhead)
        CASES[arguments.case](bulkhead)
        Footprint(bulkhead).expect_same(before, arguments.case)
    except Failure as failure:
        print(f"{arguments.case}: {failure}", file=sys.stderr)
        return 1
    print(f"{arguments.case}: as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
