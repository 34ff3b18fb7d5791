#!/usr/bin/env python3
"""Fails when docs/threat-model.md names a test that there is none of, or a promise without a word on its test.

  promises_test.py --docs docs/threat-model.md --build build/release
"""

import argparse
import fnmatch
import re
import subprocess
import sys


def promises(text):
    """(promise, test) of each row of the table below the heading."""
    section = text.split("\n## Promises\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    return [(row[1].strip(), row[3].strip()) for row in rows if row[0].strip() != "against" and "---" not in row[0]]


def tests_of(build):
    listed = subprocess.run(["ctest", "--test-dir", build, "-N"], stdout=subprocess.PIPE, check=True, text=True).stdout
    return re.findall(r"^ *Test +#\d+: (\S+)", listed, re.MULTILINE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", required=True)
    parser.add_argument("--build", required=True)
    arguments = parser.parse_args()
    with open(arguments.docs, encoding="utf-8") as file:
        found = promises(file.read())
    tests = tests_of(arguments.build)
    problems = []
    for promise, backing in found:
        names = re.findall(r"`([^`]+)`", backing)
        problems += [f"no test {name}: {promise}" for name in names if not fnmatch.filter(tests, name)]
        if not names and "no test" not in backing and promise != "nothing is pulled yet":
            problems.append(f"not a word about a test: {promise}")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(found)} promises, {len(problems)} problems")
    return 1 if problems or not found else 0


if __name__ == "__main__":
    sys.exit(main())
