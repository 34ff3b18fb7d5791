"""What a row of the table is made of."""

from dataclasses import dataclass, field
from typing import Callable

CONFIG = "config.md"
LINUX = "config-linux.md"
RUNTIME = "runtime.md"


@dataclass
class Check:
    """One thing that the runtime spec asks for, seen by a probe in the guest."""
    name: str
    section: str  # "config.md: Process"
    probe: str  # a shell script
    expected: str  # what it prints, exactly, less the white space around it


@dataclass
class Guest:
    """A container, and what is looked at in it."""
    name: str
    change: Callable[[dict], None]
    checks: list
    exit_code: int = 0
    init: bool = False
    # Looked at from outside, after its end: more rows, of (name, section, whether it held).
    after: Callable = None


@dataclass
class Refusal:
    """A config that must not start, and what is said about it. No machine is started."""
    name: str
    section: str
    change: Callable[[dict], None]
    message: str


@dataclass
class Row:
    name: str
    section: str
    passed: bool
    detail: str = field(default="")


def script_of(checks):
    """One script with all probes, each in a shell of its own, its output between marks."""
    parts = []
    for number, check in enumerate(checks):
        # A probe's output need not end a line.
        parts.append(f"echo; echo '=={number}'\n(\n{check.probe}\n) 2>&1\n")
    return "".join(parts) + f"echo; echo '=={len(checks)}'\n"


def outputs_of(text, count):
    """The output of each probe; None for one that never ran."""
    found = [None] * count
    for part in ("\n" + text).split("\n==")[1:]:
        number, _, output = part.partition("\n")
        if number.isdigit() and int(number) < count:
            found[int(number)] = output.strip()
    return found
