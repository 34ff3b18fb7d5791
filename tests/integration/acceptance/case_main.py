"""The main of a test program that has one case for each ctest entry."""

import argparse
import os
import sys

import hang_report
from support import Bulkhead, Failure, Footprint


def case_main(documentation, functions, option, run):
    """`PROGRAM CASE OPTION PATH`: run(the case's function, PATH). Gives the exit code."""
    cases = {function.__name__: function for function in functions}
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=cases)
    parser.add_argument(option, required=True, dest="path", type=os.path.abspath)
    arguments = parser.parse_args()
    hang_report.arm()
    try:
        run(cases[arguments.case], arguments.path)
    except Failure as failure:
        print(f"{arguments.case}: {failure}", file=sys.stderr)
        return 1
    print(f"{arguments.case}: as expected")
    return 0


def leaving_nothing(case, build, *more):
    """Runs a case, and compares what there is before and after."""
    bulkhead = Bulkhead(build)
    bulkhead.run("--rm", "busybox", "true", check_code=0)  # makes what is made once
    before = Footprint(bulkhead)
    case(bulkhead, *more)
    Footprint(bulkhead).expect_same(before, case.__name__)
